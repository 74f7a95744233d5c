/** What a provider's harmless request said of a key. */
export type Outcome =
  "valid" | "revoked" | "out_of_quota" | "wrong_host" | "unreachable" | "unexpected" | "unknown";

/** What can be done about an outcome. */
export type OutcomeRemedy = "replace" | "edit" | "add" | "call";

interface Meaning {
  readonly tone: "ok" | "warn" | "danger" | "neutral";
  /** In a word or two. */
  readonly title: string;
  /** What to do about it; empty where there is nothing to do. */
  readonly todo: string;
  readonly remedies: readonly OutcomeRemedy[];
}

const MEANINGS: Readonly<Record<Outcome, Meaning>> = {
  valid: { tone: "ok", title: "Valid", todo: "", remedies: [] },
  revoked: {
    tone: "danger",
    title: "Revoked",
    todo: "Make a new key at the provider and enter it here. Tokens and scripts stay as they are.",
    remedies: ["replace"],
  },
  out_of_quota: {
    tone: "warn",
    title: "Out of quota",
    todo: "Wait until the quota begins anew, or add another key, which is used meanwhile.",
    remedies: ["add"],
  },
  wrong_host: {
    tone: "danger",
    title: "Wrong host",
    todo: "Correct the base URL. The key itself may be good.",
    remedies: ["edit"],
  },
  unreachable: {
    tone: "danger",
    title: "Unreachable",
    todo: "Look whether the API is up and the base URL is right, then check again. The key itself may be good.",
    remedies: ["edit"],
  },
  unexpected: {
    tone: "warn",
    title: "Not clear",
    todo: "Check again later. If it stays so, make a call and read what the API answers.",
    remedies: ["call"],
  },
  unknown: {
    tone: "neutral",
    title: "No check known",
    todo: "Make a call to see whether the API takes the key.",
    remedies: ["call"],
  },
};

/** What an outcome means, and what to do about it. */
export function meaningOf(outcome: Outcome): Meaning {
  return MEANINGS[outcome];
}
