import { describe, expect, test } from "vitest";
// eslint-disable-next-line no-restricted-imports -- as text, to hold the two together
import errors from "../../../../api/errors.py?raw";
import { explain } from "./explain";
import type { ExplainableRequest } from "./explanation";
import { PROBLEMS } from "./problems";

// The API's own table of problems: `"code": (status, "title"),`.
const CODES = [...errors.matchAll(/^ {4}"([a-z_]+)": \((\d{3}), "/gm)].map(
  ([, code = "", status = ""]) => [code, Number(status)] as const,
);

function request(parts: Partial<ExplainableRequest>): ExplainableRequest {
  return {
    status: 200,
    problem: null,
    api_name: "openai",
    method: "POST",
    path: "/v1/chat/completions",
    host: "api.openai.com",
    token_id: "0123456789abc",
    key_id: "openai.x",
    ...parts,
  };
}

describe("problem codes", () => {
  test("are read from the API's table", () => {
    expect(CODES.length).toBeGreaterThan(40);
    expect(CODES).toContainEqual(["token_scope", 403]);
  });

  test.each(CODES)("%s is explained, with what to do", (problem, status) => {
    const explained = explain(request({ problem, status }));
    expect(PROBLEMS[problem], `explain-problems.ts lacks ${problem}`).toBeDefined();
    expect(explained.title).not.toBe("");
    expect(explained.summary).toMatch(/^\S.+\.$/s);
    expect(explained.advice).toMatch(/^\S.+\.$/s);
  });

  test("only codes of the API are explained", () => {
    expect(Object.keys(PROBLEMS).sort()).toEqual(CODES.map(([code]) => code).sort());
  });

  test("an unknown code is named", () => {
    expect(explain(request({ problem: "brand_new", status: 418 })).summary).toContain("brand_new");
  });

  test("token_scope names the rejected call and links to the token", () => {
    const { summary, actions } = explain(request({ problem: "token_scope", status: 403 }));
    expect(summary).toContain("POST /v1/chat/completions of openai");
    expect(actions).toContain("token");
  });

  test.each([
    [undefined, "not a valid API name", ["keys"]],
    [{ name: "openai", stored: true }, "Did you mean openai?", ["key", "keys"]],
    [{ name: "openai", stored: false }, "Did you mean openai?", ["new-key", "keys"]],
  ])("an invalid API name links to no key for it", (suggestion, words, actions) => {
    const problem = { problem: "unknown_api", status: 404, api_name: "OpenAI", key_id: null };
    const explained = explain(request({ ...problem, suggestion }));
    expect(explained.summary).toContain(words);
    expect(explained.actions).toEqual(actions);
    expect(explained.responsibility).toBe("caller");
  });

  test("a valid API name links to the form for a new key", () => {
    const problem = { problem: "unknown_api", status: 404, api_name: "maps", key_id: null };
    expect(explain(request(problem)).actions).toEqual(["new-key", "keys"]);
  });

  test("a stream that broke off started normally", () => {
    expect(explain(request({ problem: "upstream_reset", status: 200 })).summary).toMatch(
      /^The response started normally \(200\), then broke off\./,
    );
  });
});

describe("the source of a 429 response", () => {
  test.each([
    ["rate_limited", "dashboard", "you set", "limit", true],
    ["token_rate_limited", "dashboard", "token's own", "token", false],
    ["keys_exhausted", "dashboard", "Every key", "new-key", true],
    [null, "api", "openai itself", "limit", true],
  ])("%s", (problem, responsibility, words, action, resets) => {
    const explained = explain(request({ problem, status: 429 }));
    expect(explained.responsibility).toBe(responsibility);
    expect(explained.summary).toContain(words);
    expect(explained.actions).toContain(action);
    expect(explained.resets).toBe(resets);
  });
});

describe("simulated rate limiting", () => {
  test.each([429, 403, 400])("explains its own %i response", (status) => {
    const explained = explain(request({ status, rehearsed: true }));
    expect(explained.responsibility).toBe("simulation");
    expect(explained.title).toBe("Simulated");
    expect(explained.summary).toContain(`openai's own rate-limit error (${status})`);
    expect(explained.summary).toContain("was not called");
    expect(explained.actions).toEqual(["later-requests", "simulated-limits"]);
    expect(explained.resets).toBe(false);
  });

  test("does not explain a 429 of the API", () => {
    expect(explain(request({ status: 429, rehearsed: false })).responsibility).toBe("api");
  });
});

describe("responses of the API itself", () => {
  test("a 401 links to the stored key", () => {
    const explained = explain(request({ status: 401 }));
    expect(explained.summary).toContain("openai rejected the stored key");
    expect(explained.actions).toEqual(["key"]);
  });

  test.each([502, 503, 504])("the API is responsible for its own %i", (status) => {
    expect(explain(request({ status })).responsibility).toBe("api");
  });

  test("every status is explained", () => {
    for (let status = 100; status < 600; status += 1) {
      const explained = explain(request({ status }));
      expect(explained.summary, `${status}`).toMatch(/^\S.+\.$/);
      expect(explained.summary + explained.advice, `${status}`).not.toContain("{");
      const nothingToDo = status < 300 || status === 304 || status === 451;
      expect(explained.advice === "", `${status}`).toBe(nothingToDo);
    }
  });

  test("placeholders in API names are not replaced", () => {
    expect(explain(request({ api_name: "$&", status: 404 })).summary).toContain("$&");
  });
});
