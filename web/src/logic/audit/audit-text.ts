import { number } from "../format/numbers";

/** The part of an entry of the audit log that its text needs. */
export interface AuditFacts {
  readonly action: string;
  readonly outcome: "started" | "succeeded" | "failed";
  readonly subject: { readonly type: string; readonly id: string; readonly name: string } | null;
  readonly details: Readonly<Record<string, string>>;
}

/** A sentence without its full stop: the subject's name is in the middle, or empty. */
export interface AuditSentence {
  readonly before: string;
  readonly name: string;
  readonly after: string;
}

// What was done, in the infinitive. {} is the name of what it was done to.
const ACTIONS: Readonly<Record<string, string>> = {
  "account.create": "sign up",
  "account.update": "change the email address",
  "account.password": "change the password",
  "account.delete": "delete the account",
  "account.export": "export the account’s data",
  "session.create": "sign in",
  "session.step_up": "confirm the user’s identity again",
  "session.end": "end a session",
  "session.reuse": "end a session whose old refresh token was used again",
  "passkey.create": "add passkey {}",
  "passkey.update": "rename passkey {}",
  "passkey.delete": "remove passkey {}",
  "totp.create": "add the authenticator app",
  "totp.delete": "remove the authenticator app",
  "recovery_codes.create": "create new recovery codes",
  "key.create": "store key {}",
  "key.update": "change key {}",
  "key.delete": "delete key {}",
  "key.check": "check key {}",
  "key.import": "import keys from a .env file",
  "env.export": "export a .env file",
  "token.create": "create token {}",
  "token.update": "change token {}",
  "token.rotate": "rotate token {}",
  "token.end_previous": "end the old value of token {}",
  "token.delete": "revoke token {}",
  "rate_limit.update": "set the rate limit of API {}",
  "rate_limit.delete": "remove the rate limit of API {}",
  "reservation.update": "reserve requests for token {}",
  "reservation.delete": "remove a reservation of token {}",
  "budget.create": "create budget {}",
  "budget.update": "change budget {}",
  "budget.delete": "delete budget {}",
  "prices.update": "set the prices of API {}",
  "prices.delete": "remove the own prices of API {}",
  "reconciliation.update": "compare API {} with its provider",
  "reconciliation.delete": "end the comparison of API {}",
  "reconciliation.run": "compare API {} with its provider now",
  "notification_target.create": "add notification target {}",
  "notification_target.update": "change notification target {}",
  "notification_target.delete": "remove notification target {}",
  "notification_target.test": "send a test to notification target {}",
  "notification_target.rotate_secret": "replace the signing secret of notification target {}",
  "spend.export": "export spend as CSV",
  "audit.export": "export the audit log as CSV",
  "backup.create": "back up the installation",
  "backup.restore": "restore a backup",
  "installation.move": "move the installation",
  "installation.reopen": "reopen the installation after a move",
  "second_factor.reset": "reset a second factor",
  "encryption_keys.rotate": "encrypt the secrets with a new key",
};

const IRREGULAR: Readonly<Record<string, string>> = { begin: "began", send: "sent", set: "set" };

/** Say what an entry is about: "Replaced the secret of key ", "openai/main", "". */
export function auditSentence(entry: AuditFacts): AuditSentence {
  const phrase = phraseOf(entry);
  const name = phrase.includes("{}") ? entry.subject?.name || (entry.subject?.id ?? "") : "";
  const [before = "", rest = ""] = sentenceStart(entry.outcome, phrase).split("{}");
  const times = Number(entry.details["attempts"] ?? 1);
  const after = times > 1 ? `${rest}, ${number(times)} times` : rest;
  return name === ""
    ? { before: withoutName(before) + after, name: "", after: "" }
    : { before, name, after };
}

/** The sentence as one text. */
export function auditText(entry: AuditFacts): string {
  const { before, name, after } = auditSentence(entry);
  return before + name + after;
}

function phraseOf({ action, details }: AuditFacts): string {
  if (action === "key.update" && details["withheld"]?.split(", ").includes("secret") === true) {
    return "replace the secret of key {}";
  }
  if (action === "notification_target.update" && "enabled" in details && !("name" in details)) {
    return `turn ${details["enabled"] === "yes" ? "on" : "off"} notification target {}`;
  }
  return ACTIONS[action] ?? `carry out “${action}” on {}`;
}

function sentenceStart(outcome: AuditFacts["outcome"], phrase: string): string {
  switch (outcome) {
    case "succeeded":
      return inPast(phrase);
    case "failed":
      return `Failed to ${phrase}`;
    case "started":
      return `Began to ${phrase}`;
  }
}

/** "replace the secret" as "Replaced the secret". */
function inPast(phrase: string): string {
  const [verb = "", ...rest] = phrase.split(" ");
  const past =
    IRREGULAR[verb] ??
    (verb.endsWith("e")
      ? `${verb}d`
      : verb.endsWith("y")
        ? `${verb.slice(0, -1)}ied`
        : `${verb}ed`);
  return [past.charAt(0).toUpperCase() + past.slice(1), ...rest].join(" ");
}

/** "Removed passkey " as "Removed a passkey"; "on " is dropped. */
function withoutName(before: string): string {
  return before
    .replace(/ on $/, "")
    .replace(
      /(^|\s)(\w+|\w+ target) $/,
      (_, space: string, noun: string) => `${space}${/^[aeiou]/i.test(noun) ? "an" : "a"} ${noun}`,
    );
}
