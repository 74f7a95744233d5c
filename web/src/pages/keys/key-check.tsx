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

/** Proves a key, at once or when asked; says in plain words what came back and what to do. */
export function KeyCheck({
  stored,
  immediately,
  onReplace,
  onResult,
}: {
  stored: Key;
  immediately: boolean;
  /** Where the secret can be replaced right here. */
  onReplace?: () => void;
  onResult?: (result: CheckResult) => void;
}) {
  const check = useCheckKey();
  const started = useRef(false);
  // What the last check said, until there is a newer one.
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
          <span class="spinner" aria-hidden="true" /> Asking the API whether it takes the key…
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
        The check could not be made. {asApiError(check.error).message}
      </Notice>
    );
  }
  if (result === null) {
    return (
      <Notice kind="info" action={again}>
        It has not been checked yet.
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

/** A way to do something about an outcome. */
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
        link("Enter the secret again", inKey("replace"))
      ) : (
        <Button size="small" onClick={onReplace}>
          Enter the secret again
        </Button>
      );
    case "edit":
      return link("Correct the base URL", inKey("edit"));
    case "add":
      return link("Add another key", addToPoolHref(stored.api_name));
    case "call":
      return link("Make a call", playgroundPath(stored.api_name));
  }
}
