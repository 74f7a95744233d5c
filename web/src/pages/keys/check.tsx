import { useEffect, useRef } from "preact/hooks";
import { asApiError } from "../../api/problem";
import { Button } from "../../components/button";
import { Notice } from "../../components/notice";
import { type CheckResult, useCheckKey } from "../../data/keys";
import { noticeKind, outcomeText } from "./state";

/** Proves a key, at once or when asked, and says in plain words what came back. */
export function Check({
  keyId,
  atOnce,
  last = null,
  onResult,
}: {
  keyId: string;
  atOnce: boolean;
  /** What the last check said, until there is a newer one. */
  last?: CheckResult | null;
  onResult?: (result: CheckResult) => void;
}) {
  const check = useCheckKey();
  const begun = useRef(false);
  const result = check.data ?? last;

  function run() {
    check.mutate(keyId, onResult === undefined ? {} : { onSuccess: onResult });
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
  return (
    <Notice kind={noticeKind(result.outcome)} action={again}>
      <strong>{outcomeText(result.outcome)}.</strong> <span class="break">{result.detail}</span>
    </Notice>
  );
}
