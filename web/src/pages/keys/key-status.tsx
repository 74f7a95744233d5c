import { Badge } from "../../components/badge";
import { Clock } from "../../components/clock";
import { SkippedBadge } from "../../components/limits";
import type { CheckResult, Key } from "../../data/keys";
import { describeOutcome } from "../../logic/keys/check-outcome";
import { poolStatus } from "../../logic/keys/pools";

/** Whether the proxy uses a key, and when it will again. `pool` is all keys of the API. */
export function KeyStateBadge({
  stored: { state, state_until },
  pool,
}: {
  stored: Key;
  pool: readonly Key[];
}) {
  if (state === "ready") {
    return <Badge tone="ok">Ready</Badge>;
  }
  const noKeyWorks = poolStatus(pool).kind === "refused";
  return <SkippedBadge state={state} until={state_until} noKeyWorks={noKeyWorks} />;
}

/**
 * Why a key is skipped, as the API reports it, and since when. Renders nothing for a ready key.
 */
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

/** The outcome of a check in one or two words. */
export function OutcomeBadge({ outcome }: { outcome: CheckResult["outcome"] }) {
  const { tone, title } = describeOutcome(outcome);
  return <Badge tone={tone}>{title}</Badge>;
}
