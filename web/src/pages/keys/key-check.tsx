import { useEffect, useRef } from "preact/hooks";
import { asApiError } from "../../api/problem";
import { Button } from "../../components/button";
import { Notice } from "../../components/notice";
import { hrefWith } from "../../components/query-params";
import { Ago } from "../../components/time";
import { useCheckKey } from "../../data/key-changes";
import type { CheckResult, Key } from "../../data/keys";
import { describeOutcome, type CheckAction } from "../../logic/keys/check-outcome";
import { playgroundPath } from "../../logic/navigation/routes";
import { addToPoolHref } from "./pool-header";

/** Check a key, immediately or on request, and explain the outcome. */
export function KeyCheck({
  stored,
  immediately,
  onReplace,
  onResult,
}: {
  stored: Key;
  immediately: boolean;
  /** Set if the secret can be replaced in the same dialog. */
  onReplace?: () => void;
  onResult?: (result: CheckResult) => void;
}) {
  const check = useCheckKey();
  const started = useRef(false);
  // The latest result.
  const result = check.data ?? stored.check;

  function run() {
    check.mutate(stored.key_id, onResult === undefined ? {} : { onSuccess: onResult });
  }

  useEffect(() => {
    if (immediately && !started.current) {
      started.current = true;
      run();
    }
  });

  if (check.isPending) {
    return (
      <Notice kind="info">
        <span class="row">
          <span class="spinner" aria-hidden="true" /> Checking the key with the API…
        </span>
      </Notice>
    );
  }
  const again = (
    <Button size="small" onClick={run}>
      {result === null ? "Check now" : "Check again"}
    </Button>
  );
  if (check.error !== null) {
    return (
      <Notice kind="danger" action={again}>
        The key could not be checked. {asApiError(check.error).message}
      </Notice>
    );
  }
  if (result === null) {
    return (
      <Notice kind="info" action={again}>
        This key has not been checked yet.
      </Notice>
    );
  }
  const { tone, title, advice, actions } = describeOutcome(result.outcome);
  return (
    <Notice kind={tone === "neutral" ? "info" : tone} action={again}>
      <div class="check-result">
        <p>
          <strong>{title}.</strong> <span class="break">{result.detail}</span>
        </p>
        {advice !== "" && <p class="small">{advice}</p>}
        {actions.length > 0 && (
          <div class="actions">
            {actions.map((action) => (
              <OutcomeAction key={action} action={action} stored={stored} onReplace={onReplace} />
            ))}
          </div>
        )}
        <p class="muted small">
          Checked <Ago at={result.checked_at} />
        </p>
      </div>
    </Notice>
  );
}

/** A button or link for an outcome. */
function OutcomeAction({
  action,
  stored,
  onReplace,
}: {
  action: CheckAction;
  stored: Key;
  onReplace: (() => void) | undefined;
}) {
  const inKey = (doing: string) =>
    hrefWith({ add: undefined, pool: undefined, key: stored.key_id, do: doing });
  const link = (text: string, href: string) => (
    <a class="button small" href={href}>
      {text}
    </a>
  );
  switch (action) {
    case "replace":
      return onReplace === undefined ? (
        link("Enter secret again", inKey("replace"))
      ) : (
        <Button size="small" onClick={onReplace}>
          Enter secret again
        </Button>
      );
    case "edit":
      return link("Correct base URL", inKey("edit"));
    case "add":
      return link("Add another key", addToPoolHref(stored.api_name));
    case "call":
      return link("Send a request", playgroundPath(stored.api_name));
  }
}
