import { Badge } from "../../components/badge";
import { Clock } from "../../components/clock";
import { Countdown } from "../../components/time";
import type { CheckResult, Key } from "../../data/keys";
import { meaningOf } from "../../logic/check-outcome";

/** Whether the proxy uses a key now, and when it will again. */
export function KeyStateBadge({ stored: { state, state_until } }: { stored: Key }) {
  if (state === "ready") {
    return <Badge tone="ok">Ready</Badge>;
  }
  return (
    <span class="row">
      {state === "exhausted" ? (
        <Badge tone="warn">Used up</Badge>
      ) : (
        <Badge tone="danger">Refused</Badge>
      )}
      {state_until !== null && (
        <span class="muted small">
          {state === "exhausted" ? "back in" : "tried again in"}{" "}
          <Countdown to={state_until} past="a moment" />
        </span>
      )}
    </span>
  );
}

/** Why a key is passed over, in the API's words, and since when; nothing of one that is ready. */
export function KeyStateReason({ stored: { state_reason, state_since } }: { stored: Key }) {
  if (state_reason === null) {
    return null;
  }
  return (
    <span class="muted small break">
      {state_reason}
      {state_since !== null && (
        <>
          {" "}
          Since <Clock at={state_since} />.
        </>
      )}
    </span>
  );
}

/** What a check found, in a word or two. */
export function Outcome({ outcome }: { outcome: CheckResult["outcome"] }) {
  const { tone, title } = meaningOf(outcome);
  return <Badge tone={tone}>{title}</Badge>;
}
