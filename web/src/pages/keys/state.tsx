import { Badge, type Tone } from "../../components/badge";
import { Countdown } from "../../components/time";
import type { CheckResult, Key } from "../../data/keys";

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
          again in <Countdown to={state_until} past="a moment" />
        </span>
      )}
    </span>
  );
}

const OUTCOMES: Readonly<Record<CheckResult["outcome"], readonly [tone: Tone, text: string]>> = {
  valid: ["ok", "Accepted"],
  revoked: ["danger", "Revoked"],
  out_of_quota: ["warn", "Quota used up"],
  wrong_host: ["danger", "Wrong host"],
  unreachable: ["danger", "Not reached"],
  unexpected: ["warn", "Not clear"],
  unknown: ["neutral", "No check known"],
};

/** What a check found, in a word or two. */
export function Outcome({ outcome }: { outcome: CheckResult["outcome"] }) {
  const [tone, text] = OUTCOMES[outcome];
  return <Badge tone={tone}>{text}</Badge>;
}

export function outcomeText(outcome: CheckResult["outcome"]): string {
  return OUTCOMES[outcome][1];
}

/** How a check's result is to be taken. */
export function noticeKind(outcome: CheckResult["outcome"]): "ok" | "warn" | "danger" | "info" {
  const [tone] = OUTCOMES[outcome];
  return tone === "neutral" ? "info" : tone;
}
