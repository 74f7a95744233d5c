import { expect, test } from "vitest";
import {
  coversApi,
  expirySeconds,
  filterTokens,
  limitText,
  scopeText,
  chosenMethods,
  parsePathPrefixes,
} from "./tokens";

const PLAIN = { apis: ["openai"], methods: [], path_prefixes: [], limit: null, window: null };

test.each([
  [{}, "All methods and paths"],
  [{ methods: ["GET", "HEAD"] }, "GET, HEAD, all paths"],
  [{ path_prefixes: ["/v1", "/v2"] }, "All methods under /v1, /v2"],
  [{ methods: ["POST"], path_prefixes: ["/v1"] }, "POST under /v1"],
])("the scope %o is %s", (scope, words) => {
  expect(scopeText({ ...PLAIN, ...scope })).toBe(words);
});

test("a limit is formatted with its window", () => {
  expect(limitText(PLAIN)).toBeUndefined();
  expect(limitText({ ...PLAIN, limit: 1000, window: 86_400 })).toBe("1,000 per day");
});

test("paths are parsed line by line, without duplicates, with a leading slash", () => {
  expect(parsePathPrefixes("  /v1/chat \n\nv1/models\r\n/v1/chat")).toEqual([
    "/v1/chat",
    "/v1/models",
  ]);
  expect(parsePathPrefixes(" \n ")).toEqual([]);
});

test("chosen methods are in their usual order", () => {
  expect(chosenMethods("all", ["GET"])).toEqual([]);
  expect(chosenMethods("read", [])).toEqual(["GET", "HEAD"]);
  expect(chosenMethods("some", ["DELETE", "GET"])).toEqual(["GET", "DELETE"]);
});

test("never has no seconds", () => {
  expect(expirySeconds("never")).toBeNull();
  expect(expirySeconds("86400")).toBe(86_400);
});

test("a token can call only its APIs", () => {
  expect(coversApi(PLAIN, "openai")).toBe(true);
  expect(coversApi(PLAIN, "github")).toBe(false);
  expect(coversApi({ ...PLAIN, apis: [] }, "openai")).toBe(false);
  expect(coversApi({ ...PLAIN, apis: ["*"] }, "anything")).toBe(true);
});

test("expired tokens come last, newer tokens first", () => {
  const token = (name: string, created_at: number, expired = false) => ({
    ...PLAIN,
    name,
    hint: "…abcd",
    created_at,
    expired,
  });
  const tokens = [token("old", 1), token("dead", 3, true), token("new", 2)];
  expect(filterTokens(tokens, "").map(({ name }) => name)).toEqual(["new", "old", "dead"]);
  expect(filterTokens(tokens, "OPENAI old").map(({ name }) => name)).toEqual(["old"]);
});
