import { expect, test } from "vitest";
import {
  type Credential,
  credentialLocation,
  sameCredential,
  normalizeCredential,
} from "./credentials";

const NONE: Credential = { scheme: "bearer", name: null, prefix: null, username: null };

test.each<[Partial<Credential>, string]>([
  [{}, "Authorization: Bearer …"],
  [{ scheme: "header", name: "X-Api-Key" }, "X-Api-Key: …"],
  [{ scheme: "header", name: "Authorization", prefix: "Token " }, "Authorization: Token …"],
  [{ scheme: "query", name: "appid" }, "?appid=…"],
  [{ scheme: "basic", username: "ada" }, "Authorization: Basic ada:…"],
  [{ scheme: "path", name: null }, "{token} in the base URL"],
])("%o is formatted as %s", (parts, words) => {
  expect(credentialLocation({ ...NONE, ...parts })).toBe(words);
});

test("unused members are removed, and a prefix keeps its space", () => {
  const filled = { name: " X-Key ", prefix: "Token ", username: " ada " };
  expect(normalizeCredential({ scheme: "bearer", ...filled })).toEqual(NONE);
  expect(normalizeCredential({ scheme: "header", ...filled })).toEqual({
    scheme: "header",
    name: "X-Key",
    prefix: "Token ",
    username: null,
  });
  expect(normalizeCredential({ scheme: "basic", ...filled }).username).toBe("ada");
  expect(normalizeCredential({ ...NONE, scheme: "query", name: "  " }).name).toBeNull();
});

test("credentials are equal if they are sent the same way", () => {
  expect(sameCredential({ ...NONE, name: "left over" }, NONE)).toBe(true);
  expect(sameCredential({ ...NONE, scheme: "header", name: "A" }, NONE)).toBe(false);
});
