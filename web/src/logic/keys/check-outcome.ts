/** What a provider's harmless request said of a key. */
export type CheckOutcome =
  "valid" | "revoked" | "out_of_quota" | "wrong_host" | "unreachable" | "unexpected" | "unknown";

/** What can be done about an outcome. */
export type CheckAction = "replace" | "edit" | "add" | "call";

interface OutcomeDescription {
  readonly tone: "ok" | "warn" | "danger" | "neutral";
  /** In a word or two. */
  readonly title: string;
  /** What to do about it; empty where there is nothing to do. */
  readonly advice: string;
  readonly actions: readonly CheckAction[];
}

const DESCRIPTIONS: Readonly<Record<CheckOutcome, OutcomeDescription>> = {
  valid: { tone: "ok", title: "Valid", advice: "", actions: [] },
  revoked: {
    tone: "danger",
    title: "Revoked",
    advice:
      "Make a new key at the provider and enter it here. Tokens and scripts stay as they are.",
    actions: ["replace"],
  },
  out_of_quota: {
    tone: "warn",
    title: "Out of quota",
    advice: "Wait until the quota begins anew, or add another key, which is used meanwhile.",
    actions: ["add"],
  },
  wrong_host: {
    tone: "danger",
    title: "Wrong host",
    advice: "Correct the base URL. The key itself may be good.",
    actions: ["edit"],
  },
  unreachable: {
    tone: "danger",
    title: "Unreachable",
    advice:
      "Look whether the API is up and the base URL is right, then check again. The key itself may be good.",
    actions: ["edit"],
  },
  unexpected: {
    tone: "warn",
    title: "Not clear",
    advice: "Check again later. If it stays so, make a call and read what the API answers.",
    actions: ["call"],
  },
  unknown: {
    tone: "neutral",
    title: "No check known",
    advice: "Make a call to see whether the API takes the key.",
    actions: ["call"],
  },
};

/** What an outcome means, and what to do about it. */
export function describeOutcome(outcome: CheckOutcome): OutcomeDescription {
  return DESCRIPTIONS[outcome];
}
