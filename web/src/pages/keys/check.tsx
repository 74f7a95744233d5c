import { useEffect, useRef } from "preact/hooks";
import { asApiError } from "../../api/problem";
import { Button } from "../../components/button";
import { Notice } from "../../components/notice";
import { hrefWith } from "../../components/place";
import { Ago } from "../../components/time";
import { useCheckKey } from "../../data/key-changes";
import type { CheckResult, Key } from "../../data/keys";
import { meaningOf, type OutcomeRemedy } from "../../logic/check-outcome";
import { playgroundPlace } from "../../logic/places";
import { addToPool } from "./pool-head";

/** Proves a key, at once or when asked; says in plain words what came back and what to do. */
export function Check({
  stored,
  atOnce,
  onReplace,
  onResult,
}: {
  stored: Key;
  atOnce: boolean;
  /** Where the secret can be replaced right here. */
  onReplace?: () => void;
  onResult?: (result: CheckResult) => void;
}) {
  const check = useCheckKey();
  const begun = useRef(false);
  // What the last check said, until there is a newer one.
  const result = check.data ?? stored.check;

  function run() {
    check.mutate(stored.key_id, onResult === undefined ? {} : { onSuccess: onResult });
  }

  useEffect(() => {
    if (atOnce && !begun.current) {
      begun.current = true;
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
  const { tone, title, todo, remedies } = meaningOf(result.outcome);
  return (
    <Notice kind={tone === "neutral" ? "info" : tone} action={again}>
      <div class="check-result">
        <p>
          <strong>{title}.</strong> <span class="break">{result.detail}</span>
        </p>
        {todo !== "" && <p class="small">{todo}</p>}
        {remedies.length > 0 && (
          <div class="actions">
            {remedies.map((remedy) => (
              <Remedy key={remedy} remedy={remedy} stored={stored} onReplace={onReplace} />
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
function Remedy({
  remedy,
  stored,
  onReplace,
}: {
  remedy: OutcomeRemedy;
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
  switch (remedy) {
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
      return link("Add another key", addToPool(stored.api_name));
    case "call":
      return link("Make a call", playgroundPlace(stored.api_name));
  }
}
