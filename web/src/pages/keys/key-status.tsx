import { Badge } from "../../components/badge";
import { Clock } from "../../components/clock";
import { SkippedBadge } from "../../components/limits";
import type { CheckResult, Key } from "../../data/keys";
import { describeOutcome } from "../../logic/keys/check-outcome";
import { poolStatus } from "../../logic/keys/pools";

/** Whether the proxy uses a key now, and when it will again. `pool` are all keys of its API. */
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
export function OutcomeBadge({ outcome }: { outcome: CheckResult["outcome"] }) {
  const { tone, title } = describeOutcome(outcome);
  return <Badge tone={tone}>{title}</Badge>;
}
