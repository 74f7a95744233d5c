import { describe, expect, test } from "vitest";
// eslint-disable-next-line no-restricted-imports -- as text, to hold the two together
import forward from "../../../api/proxy/exchange.py?raw";
// eslint-disable-next-line no-restricted-imports -- as text, to hold the two together
import pipeline from "../../../api/proxy/pipeline.py?raw";
import { PROBLEMS } from "./explain-problems";
import { limitOwner, limitsOf, proxyError, timingOf } from "./proxy-answer";

test("the proxy's part and the upstream's are told apart", () => {
  expect(timingOf("proxy;dur=1.7, upstream;dur=312.4")).toEqual({ proxy: 1.7, upstream: 312.4 });
  expect(timingOf(null)).toEqual({ proxy: undefined, upstream: undefined });
  expect(timingOf("cache;desc=hit")).toEqual({ proxy: undefined, upstream: undefined });
});

describe("limits", () => {
  test("what is set and what is left meet by name", () => {
    expect(
      limitsOf('"policy";q=100;w=60, "requests";q=5000', '"policy";r=37;t=12, "requests";r=4999'),
    ).toEqual([
      { name: "policy", limit: 100, window: 60, remaining: 37, resets: 12 },
      { name: "requests", limit: 5000, window: undefined, remaining: 4999, resets: undefined },
    ]);
  });

  test("names may hold what parts a list", () => {
    expect(limitsOf('"a,\\"b;c";q=1', null)).toMatchObject([{ name: 'a,"b;c', limit: 1 }]);
  });

  test.each([
    [null, null],
    ["", ""],
    ["100;w=60", "limit=5"],
    ['"open', null],
    [";;;,,,", "\\"],
  ])("what is no such list gives no wrong limit: %s", (policy, state) => {
    expect(limitsOf(policy, state).every(({ limit }) => limit === undefined)).toBe(true);
  });

  test("our own are called ours", () => {
    expect([limitOwner("policy"), limitOwner("token"), limitOwner("requests")]).toEqual([
      "Your limit",
      "The token's limit",
      "API: requests",
    ]);
  });
});

describe("Proxy-Status", () => {
  test("its error is explained", () => {
    expect(proxyError("api-dashboard; error=connection_refused")).toEqual({
      name: "connection_refused",
      words: "the API refused the connection",
    });
    expect(proxyError("api-dashboard; error=something_new")?.words).toMatch(/no answer/);
    expect(proxyError("api-dashboard")).toBeUndefined();
    expect(proxyError(null)).toBeUndefined();
  });

  test("every error that the proxy writes has words", () => {
    const written = [...(forward + pipeline).matchAll(/"([a-z]+(?:_[a-z]+)+)"/g)]
      .map(([, name = ""]) => name)
      .filter((name) => /^(connection|destination|dns|http|proxy|tls)_/.test(name))
      .filter((name) => !Object.hasOwn(PROBLEMS, name));
    expect(written.length).toBeGreaterThan(8);
    for (const name of written) {
      expect(proxyError(`x; error=${name}`)?.words, name).not.toMatch(/no answer of/);
    }
  });
});
