import { describe, expect, test } from "vitest";
import {
  composeRequest,
  type RequestDraft,
  EMPTY_DRAFT,
  splitPath,
  normalizeDraft,
} from "./compose";

function draft(parts: Partial<RequestDraft>): RequestDraft {
  return { ...EMPTY_DRAFT, api: "openai", path: "/v1/models", ...parts };
}

function request(parts: Partial<RequestDraft>) {
  const composed = composeRequest(draft(parts));
  if ("errors" in composed) {
    throw new Error(JSON.stringify(composed.errors));
  }
  return composed.request;
}

function faults(parts: Partial<RequestDraft>) {
  const composed = composeRequest(draft(parts));
  return "errors" in composed ? composed.errors : {};
}

test("the target is below the API's proxy URL", () => {
  expect(request({ query: "limit=3&after=a%2Fb" })).toEqual({
    method: "GET",
    target: "/proxy/openai/v1/models?limit=3&after=a%2Fb",
    headers: [],
    body: undefined,
  });
  expect(request({ query: "?a=1" }).target).toBe("/proxy/openai/v1/models?a=1");
  expect(request({ path: "v1" }).target).toBe("/proxy/openai/v1");
});

test.each([
  "/../../api/me",
  "/%2e%2E/%2e./api/me",
  "/a/../b",
  "/./a",
  "/..",
  "/a\\..\\..\\b",
  "/..\t/x",
])("a path that a browser would resolve elsewhere is rejected: %s", (path) => {
  const composed = composeRequest(draft({ path }));
  if ("request" in composed) {
    const sent = new URL(composed.request.target, "https://x.example").pathname;
    expect(sent).toBe(composed.request.target);
    expect(sent.startsWith("/proxy/openai/")).toBe(true);
  } else {
    expect(composed.errors.path).toMatch(/“\.\.”/);
  }
});

test.each([
  ["/a b", "/a%20b"],
  ["/ä/日本", "/%C3%A4/%E6%97%A5%E6%9C%AC"],
  ["/a%2Fb%20c", "/a%2Fb%20c"],
  ['/"<>`{}^\\', "/%22%3C%3E%60%7B%7D%5E%5C"],
  ["/repos/:owner/(x)*'!$&+,;=@~|", "/repos/:owner/(x)*'!$&+,;=@~|"],
  ["/\n\t", "/%0A%09"],
])("%j is encoded like in a browser: %s", (path, sent) => {
  expect(request({ path }).target).toBe(`/proxy/openai${sent}`);
});

test("a query keeps its valid characters", () => {
  expect(request({ query: "q=a+b&x[]=1&y=ü é'" }).target).toBe(
    "/proxy/openai/v1/models?q=a+b&x[]=1&y=%C3%BC%20%C3%A9%27",
  );
  expect(faults({ query: "a=#b" }).query).toContain("%23");
});

describe("bodies", () => {
  test("are sent unchanged, with their type", () => {
    expect(request({ method: "POST", body: "{ a:1, }" })).toMatchObject({
      headers: [["Content-Type", "application/json"]],
      body: "{ a:1, }",
    });
  });

  test("keep a Content-Type that was entered", () => {
    expect(request({ method: "POST", body: "x", headers: "content-type: text/x" }).headers).toEqual(
      [["content-type", "text/x"]],
    );
  });

  test("are omitted for methods without a body", () => {
    expect(request({ method: "GET", body: "x" })).toMatchObject({ body: undefined, headers: [] });
  });
});

describe("headers", () => {
  test("are parsed line by line", () => {
    expect(request({ headers: "Accept: a, b\n\n X-Trace:1:2 \nX-Empty:" }).headers).toEqual([
      ["Accept", "a, b"],
      ["X-Trace", "1:2"],
      ["X-Empty", ""],
    ]);
  });

  test.each([
    ["Authorization: Bearer x", "Authorization"],
    ["Cookie: a=b", "Cookie"],
    ["Sec-Fetch-Site: none", "Sec-Fetch-Site"],
    ["no colon", "no colon"],
    ["bad name: x", "bad name"],
    [": x", ": x"],
    ["X-Emoji: 🙂", "X-Emoji"],
    ["X-Nul: \u0000", "X-Nul"],
  ])("are rejected: %j", (headers, named) => {
    expect(faults({ headers }).headers).toContain(named);
  });
});

test("an API is required", () => {
  expect(faults({ api: "" })).toEqual({ api: "Choose an API." });
});

test.each([
  ["v1/models?limit=3#x", { path: "/v1/models", query: "limit=3" }],
  ["/v1", { path: "/v1", query: undefined }],
  ["", { path: "", query: undefined }],
  ["?a=1", { path: "", query: "a=1" }],
])("%j is split", (typed, parts) => {
  expect(splitPath(typed)).toEqual(parts);
});

test("a normalized draft has its query in its own field", () => {
  expect(normalizeDraft(draft({ path: "v1?limit=3", query: "old=1" }))).toMatchObject({
    path: "/v1",
    query: "limit=3",
  });
  expect(normalizeDraft(draft({ path: "", query: "a=1" }))).toMatchObject({
    path: "/",
    query: "a=1",
  });
});
