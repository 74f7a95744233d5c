import { describe, expect, test } from "vitest";
import { type AuditFacts, auditSentence, auditText } from "./audit-text";

function entry(parts: Partial<AuditFacts>): AuditFacts {
  return { action: "key.update", outcome: "succeeded", subject: null, details: {}, ...parts };
}

const KEY = { type: "key", id: "openai.x", name: "openai/main" };
const API = { type: "api", id: "github", name: "" };

describe("an entry in plain words", () => {
  test.each([
    [
      { subject: KEY, details: { withheld: "secret, base_url" } },
      "Replaced the secret of key openai/main",
    ],
    [{ subject: KEY }, "Changed key openai/main"],
    [{ action: "session.create" }, "Signed in"],
    [{ action: "session.create", subject: { type: "session", id: "5f0c", name: "" } }, "Signed in"],
    [{ action: "session.create", outcome: "failed" }, "Failed to sign in"],
    [
      { action: "session.create", outcome: "failed", details: { attempts: "1200" } },
      "Failed to sign in, 1,200 times",
    ],
    [{ subject: KEY, details: { withheld: "base_url" } }, "Changed key openai/main"],
    [{ action: "token.delete", outcome: "started" }, "Began to revoke a token"],
    [
      { action: "token.rotate", subject: { type: "token", id: "0123456789abc", name: "ci" } },
      "Rotated token ci",
    ],
    [{ action: "rate_limit.update", subject: API }, "Set the rate limit of API github"],
    [{ action: "rate_limit.delete" }, "Removed the rate limit of an API"],
    [{ action: "reconciliation.update", subject: API }, "Compared API github with its provider"],
    [{ action: "notification_target.test" }, "Sent a test to a notification target"],
    [
      {
        action: "notification_target.update",
        subject: { type: "x", id: "1", name: "phone" },
        details: { enabled: "no" },
      },
      "Turned off notification target phone",
    ],
    [{ action: "backup.create", outcome: "started" }, "Began to back up the installation"],
    [{ action: "backup.restore" }, "Restored a backup"],
    [{ action: "encryption_keys.rotate" }, "Encrypted the secrets with a new key"],
    [{ action: "audit.export" }, "Exported the audit log as CSV"],
  ] as const)("%o", (parts, words) => {
    expect(auditText(entry(parts))).toBe(words);
  });

  test("an action that is not known here is named", () => {
    expect(auditText(entry({ action: "brand.new" }))).toBe("Carried out “brand.new”");
    expect(auditText(entry({ action: "brand.new", subject: KEY }))).toBe(
      "Carried out “brand.new” on openai/main",
    );
  });

  test("a hostile name stays apart from the words around it", () => {
    const subject = { ...KEY, name: "{}<b>{}" };
    expect(auditSentence(entry({ subject }))).toEqual({
      before: "Changed key ",
      name: "{}<b>{}",
      after: "",
    });
  });
});
