import { describe, expect, test } from "vitest";
import { explain } from "./explain";
import type { ExplainableRequest } from "./explanation";
import { PROBLEM_TEXTS } from "./problem-codes";

const CODES = Object.keys(PROBLEM_TEXTS);

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

describe("the dashboard's own problems", () => {
  test("the table is complete", () => {
    expect(CODES.length).toBeGreaterThan(30);
    expect(CODES).toContain("token_scope");
  });

  test.each(CODES)("%s has a title, a summary and advice", (problem) => {
    const explained = explain(request({ problem, status: 400 }));
    expect(explained.title).toMatch(/^[A-Z].*[^.]$/);
    expect(explained.summary).toMatch(/^[A-Za-z“].+\.$/);
    expect(explained.summary).not.toContain("{");
    expect(explained.advice).toMatch(/^[A-Z].+\.$/);
  });

  test("a summary names the host, or the API's host if it is unknown", () => {
    const problem = { problem: "connect_failed", status: 502 };
    expect(explain(request(problem)).summary).toMatch(/^api\.openai\.com did not accept/);
    expect(explain(request({ ...problem, host: "" })).summary).toMatch(/^The API's host did not/);
  });

  test("a code that is not known here is named", () => {
    expect(explain(request({ problem: "brand_new", status: 418 })).summary).toContain("brand_new");
  });

  test("the token's scope leads to the token and names what it was not given", () => {
    const { summary, actions } = explain(request({ problem: "token_scope", status: 403 }));
    expect(summary).toContain("POST /v1/chat/completions of openai");
    expect(actions).toContain("token");
  });

  test.each([
    [undefined, "not a valid API name", ["keys"]],
    [{ name: "openai", stored: true }, "Did you mean openai?", ["key", "keys"]],
    [{ name: "openai", stored: false }, "Did you mean openai?", ["new-key", "keys"]],
  ])("a name that no API can have leads to no key of it", (suggestion, words, actions) => {
    const problem = { problem: "unknown_api", status: 404, api_name: "OpenAI", key_id: null };
    const explained = explain(request({ ...problem, suggestion }));
    expect(explained.summary).toContain(words);
    expect(explained.actions).toEqual(actions);
    expect(explained.responsibility).toBe("caller");
  });

  test("a name that an API could have leads to a new key", () => {
    const problem = { problem: "unknown_api", status: 404, api_name: "maps", key_id: null };
    expect(explain(request(problem)).actions).toEqual(["new-key", "keys"]);
  });

  test("a stream that broke off says that it began well", () => {
    expect(explain(request({ problem: "upstream_reset", status: 200 })).summary).toMatch(
      /^The response started normally \(200\), then broke off\./,
    );
  });
});

describe("WebSockets", () => {
  test("one that its peers closed needs nothing", () => {
    const explained = explain(request({ status: 101 }));
    expect(explained).toMatchObject({ title: "WebSocket", responsibility: "nobody", advice: "" });
  });

  test.each(["websocket_timeout", "authentication_required", "server_stopping"])(
    "one that ended with %s was open before",
    (problem) => {
      expect(explain(request({ status: 101, problem })).summary).toMatch(
        /^The WebSocket opened, then ended\. \S/,
      );
    },
  );
});

test.each([
  [null, 404],
  ["invalid_path", 400],
  ["signature_not_supported", 400],
  ["authentication_required", 401],
])("a wrong setup (%s, %i) leads to the code for the API", (problem, status) => {
  expect(explain(request({ problem, status })).actions).toContain("setup");
});

test.each([
  ["budget_exceeded", ["budget"]],
  ["cost_unbounded", ["prices", "budget"]],
])("%s leads to the budget", (problem, actions) => {
  expect(explain(request({ problem, status: 402 })).actions).toEqual(actions);
});

describe("whose limit a 429 is", () => {
  test.each([
    ["rate_limited", "dashboard", "you set", "limit", true],
    ["token_rate_limited", "dashboard", "token's own", "token", false],
    ["keys_exhausted", "dashboard", "every key", "new-key", true],
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
  test.each([429, 403, 400])("its %i is nobody else's", (status) => {
    const explained = explain(request({ status, rehearsed: true }));
    expect(explained.responsibility).toBe("simulation");
    expect(explained.title).toBe("Simulated");
    expect(explained.summary).toContain(`openai's own rate-limit error (${status})`);
    expect(explained.summary).toContain("was not called");
    expect(explained.actions).toEqual(["later-requests", "simulated-limits"]);
    expect(explained.resets).toBe(false);
  });

  test("a 429 of the API stays the API's", () => {
    expect(explain(request({ status: 429, rehearsed: false })).responsibility).toBe("api");
  });
});

describe("the API's own answers", () => {
  test("a 401 leads to the stored key", () => {
    const explained = explain(request({ status: 401 }));
    expect(explained.summary).toContain("openai rejected the stored key");
    expect(explained.actions).toEqual(["key"]);
  });

  test.each([502, 503, 504])("a %i of the API is told apart from the dashboard's", (status) => {
    expect(explain(request({ status })).responsibility).toBe("api");
  });

  test("every status has words", () => {
    for (let status = 100; status < 600; status += 1) {
      const explained = explain(request({ status }));
      expect(explained.summary, `${status}`).toMatch(/^\S.+\.$/);
      expect(explained.summary + explained.advice, `${status}`).not.toContain("{");
      const nothingToDo = status < 300 || status === 304 || status === 451;
      expect(explained.advice === "", `${status}`).toBe(nothingToDo);
    }
  });

  test("nothing is replaced in what an API is called", () => {
    expect(explain(request({ api_name: "$&", status: 404 })).summary).toContain("$&");
  });
});
