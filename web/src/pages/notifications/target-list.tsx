import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { asApiError } from "../../api/problem";
import { Badge } from "../../components/badge";
import { Button } from "../../components/button";
import { Notice } from "../../components/notice";
import { hrefWith } from "../../components/query-params";
import { Ago } from "../../components/time";
import { useToast } from "../../components/toasts";
import { type Target, useChangeTarget, useTestTarget } from "../../data/notifications";
import { targetState } from "../../logic/notifications/delivery-state";
import { eventsText, KINDS } from "../../logic/notifications/targets";

/** The targets with the state of their last delivery, and their actions. */
export function TargetList({ targets }: { targets: readonly Target[] }) {
  return (
    <ul class="panel targets" aria-labelledby="targets">
      {targets.map((target) => (
        <li key={target.target_id}>
          <TargetItem target={target} />
        </li>
      ))}
    </ul>
  );
}

function TargetItem({ target }: { target: Target }) {
  const { name, kind, target_id } = target;
  const { tone, text } = targetState(target);
  return (
    <>
      <div class="target-head">
        <h3 class="break">
          <bdi>{name}</bdi>
        </h3>
        <Badge>{KINDS[kind].name}</Badge>
        <Badge tone={tone}>{text}</Badge>
      </div>
      <p class="mono small break">{target.address}</p>
      <p class="muted small">
        {target.events.length === 0 ? "No events" : eventsText(target.events)}
      </p>
      <LastDelivery target={target} />
      <TargetActions target={target}>
        <a class="button small" href={hrefWith({ edit: target_id })} aria-label={`Edit ${name}`}>
          Edit
        </a>
        {kind === "webhook" && (
          <a
            class="button small"
            href={hrefWith({ secret: target_id })}
            aria-label={`Replace secret of ${name}`}
          >
            Replace secret
          </a>
        )}
        <a
          class="button small"
          href={hrefWith({ remove: target_id })}
          aria-label={`Remove ${name}`}
        >
          Remove
        </a>
      </TargetActions>
    </>
  );
}

/** When the last delivery was, and why it failed. */
function LastDelivery({ target }: { target: Target }) {
  const { last_delivery: last, failing_since: since, enabled } = target;
  if (last === null) {
    return null;
  }
  if (last.delivered || !enabled) {
    return (
      <p class="muted small break">
        Last delivery <Ago at={last.at} />
        {!last.delivered && `, failed: ${last.detail}`}
      </p>
    );
  }
  return (
    <Notice kind="danger">
      <p class="break">
        <strong>The last delivery failed</strong> <Ago at={last.at} />: {last.detail}
      </p>
      {since !== null && since < last.at && (
        <p class="small">
          No delivery has succeeded since <Ago at={since} />.
        </p>
      )}
    </Notice>
  );
}

function TargetActions({ target, children }: { target: Target; children: ComponentChildren }) {
  const { target_id, name, enabled } = target;
  const test = useTestTarget();
  const change = useChangeTarget();
  const toast = useToast();
  const [outcome, setOutcome] = useState<{ kind: "ok" | "danger"; text: string }>();

  async function send() {
    setOutcome(undefined);
    try {
      const { delivered, detail } = await test.mutateAsync(target_id);
      setOutcome(
        delivered
          ? { kind: "ok", text: `The test was delivered. ${detail}` }
          : { kind: "danger", text: `The test was not delivered. ${detail}` },
      );
    } catch (error) {
      setOutcome({ kind: "danger", text: asApiError(error).message });
    }
  }

  async function toggle() {
    try {
      await change.mutateAsync({ target_id, enabled: !enabled });
      toast({ text: enabled ? `${name} is turned off.` : `${name} is turned on.` });
    } catch (error) {
      toast({ text: asApiError(error).message });
    }
  }

  return (
    <div>
      <div class="actions">
        <Button
          size="small"
          aria-label={`Send test to ${name}`}
          busy={test.isPending}
          onClick={() => void send()}
        >
          Send test
        </Button>
        <Button
          size="small"
          aria-label={`${enabled ? "Turn off" : "Turn on"} ${name}`}
          busy={change.isPending}
          onClick={() => void toggle()}
        >
          {enabled ? "Turn off" : "Turn on"}
        </Button>
        {children}
      </div>
      <div role="status">
        {outcome !== undefined && (
          <p class={`notice ${outcome.kind} break test-outcome`}>{outcome.text}</p>
        )}
      </div>
    </div>
  );
}
