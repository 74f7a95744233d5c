import { describe, expect, it } from "vitest";
import type { Credential } from "./credentials";
import { inspectPastedSecret } from "./pasted-secret";

const BEARER: Credential = { scheme: "bearer", name: null, prefix: null, username: null };
const BASIC: Credential = { ...BEARER, scheme: "basic", username: "me" };
const AUTHORIZATION: Credential = { ...BEARER, scheme: "header", name: "Authorization" };
const KEY = "sk-proj-Ab3dEf6hIj9kLm2n";

describe("inspectPastedSecret", () => {
  it.each([
    [`Bearer ${KEY}`, "“Bearer” is not part"],
    [`"${KEY}"`, "quotation marks"],
    [`OPENAI_API_KEY=${KEY}`, "variable name"],
    [`export OPENAI_API_KEY=${KEY}`, "variable name"],
    [`Authorization: Bearer ${KEY}`, "header name Authorization"],
    [`${KEY}\u200b`, "invisible characters"],
    [` ${KEY}`, "Spaces"],
  ])("says what is removed from %j", (text, words) => {
    const { notices, refusal } = inspectPastedSecret(text, BEARER);
    expect(notices[0]).toContain(words);
    expect(refusal).toBeUndefined();
  });

  it.each([
    ["$OPENAI_API_KEY", "name of a variable"],
    ["op://vault/openai/key", "stored elsewhere"],
    ["<your key>", "placeholder"],
    ["sk-...", "shortened"],
    ["sk-proj-********abcd", "shortened"],
    [`curl -H "Authorization: Bearer ${KEY}"`, "command"],
    [`{"key": "${KEY}"}`, "JSON"],
    ["https://api.openai.com", "URL"],
  ])("refuses %j", (text, words) => {
    expect(inspectPastedSecret(text, BEARER).refusal).toContain(words);
  });

  it.each([
    [KEY, BEARER],
    ["QUJDREVGRw==", BEARER],
    ["", BEARER],
    ["Token of mine", BASIC],
    ["key=value1", BASIC],
    ["wait...what", BASIC],
    ['pass"word', BASIC],
    [`Bearer ${KEY}`, AUTHORIZATION],
  ])("accepts %j as it is", (text, auth) => {
    expect(inspectPastedSecret(text, auth)).toEqual({ notices: [], refusal: undefined });
  });

  it("removes the provider's own prefix", () => {
    const discord = { ...AUTHORIZATION, prefix: "Bot " };
    expect(inspectPastedSecret("Bot abc", discord).notices).toEqual([
      "“Bot” is sent anyway and will be removed.",
    ]);
  });
});
