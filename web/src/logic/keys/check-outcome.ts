/** The result of checking a key with the provider's harmless test request. */
export type CheckOutcome =
  "valid" | "revoked" | "out_of_quota" | "wrong_host" | "unreachable" | "unexpected" | "unknown";

/** What the user can do about an outcome. */
export type CheckAction = "replace" | "edit" | "add" | "call";

interface OutcomeDescription {
  readonly tone: "ok" | "warn" | "danger" | "neutral";
  /** One or two words. */
  readonly title: string;
  /** What to do about it; empty if there is nothing to do. */
  readonly advice: string;
  readonly actions: readonly CheckAction[];
}

const DESCRIPTIONS: Readonly<Record<CheckOutcome, OutcomeDescription>> = {
  valid: { tone: "ok", title: "Valid", advice: "", actions: [] },
  revoked: {
    tone: "danger",
    title: "Revoked",
    advice:
      "Create a new key at the provider and enter it here. Your tokens and scripts stay the same.",
    actions: ["replace"],
  },
  out_of_quota: {
    tone: "warn",
    title: "Out of quota",
    advice: "Wait until the quota resets, or add another key to use in the meantime.",
    actions: ["add"],
  },
  wrong_host: {
    tone: "danger",
    title: "Wrong host",
    advice: "Correct the base URL. The key itself may be valid.",
    actions: ["edit"],
  },
  unreachable: {
    tone: "danger",
    title: "Unreachable",
    advice:
      "Make sure that the API is up and the base URL is correct, then check again. The key itself may be valid.",
    actions: ["edit"],
  },
  unexpected: {
    tone: "warn",
    title: "Inconclusive",
    advice:
      "Check again later. If the result is the same, send a request and read the API's response.",
    actions: ["call"],
  },
  unknown: {
    tone: "neutral",
    title: "No check available",
    advice: "Send a request to see whether the API accepts the key.",
    actions: ["call"],
  },
};

/** Describe an outcome and what to do about it. */
export function describeOutcome(outcome: CheckOutcome): OutcomeDescription {
  return DESCRIPTIONS[outcome];
}
