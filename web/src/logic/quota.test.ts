import { describe, expect, test } from "vitest";
import { exhaustion, quotas, type RateLimitAnswer, unitOf } from "./quota";

const NOW = 1_780_000_000;

function policy(parts: Partial<RateLimitAnswer> = {}): RateLimitAnswer {
  return {
    api_name: "openai",
    source: "policy",
    limit: 100,
    window: 60,
    remaining: 40,
    reset_at: NOW + 30,
    observed: null,
    ...parts,
  };
}

const tokens = {
  name: "tokens",
  limit: 200_000,
  remaining: 1_200,
  reset_at: NOW + 60,
  window: null,
};

test("the user's own policy comes before what was observed, each with its unit", () => {
  const observed = { updated_at: NOW - 5, windows: [tokens] };
  const [quota] = quotas([policy({ observed })], [], new Map(), NOW);
  expect(quota?.limits).toMatchObject([
    { name: "policy", source: "policy", unit: "requests", seen_at: null, limit: 100 },
    { name: "tokens", source: "observed", unit: "tokens", seen_at: NOW - 5, remaining: 1_200 },
  ]);
});

test("what was observed without a policy is one limit and not two", () => {
  const observed = { updated_at: NOW, windows: [tokens] };
  const answer = policy({ source: "observed", observed });
  expect(quotas([answer], [], new Map(), NOW)[0]?.limits).toHaveLength(1);
});

describe("the pace", () => {
  test("of a short window is what it used since it began", () => {
    const [quota] = quotas([policy()], [], new Map([["openai", 9]]), NOW);
    expect(quota?.limits[0]).toMatchObject({ pace: 2, exhausts_at: NOW + 20 });
  });

  test("is that of the last hour where a window has hardly begun", () => {
    const begun = policy({ reset_at: NOW + 59, remaining: 99 });
    const [quota] = quotas([begun], [], new Map([["openai", 0.5]]), NOW);
    expect(quota?.limits[0]).toMatchObject({ pace: 0.5, exhausts_at: null });
  });

  test("is that of the last hour in a window of a day", () => {
    const day = policy({ window: 86_400, reset_at: NOW + 40_000, remaining: 10 });
    const [quota] = quotas([day], [], new Map([["openai", 0.1]]), NOW);
    expect(quota?.limits[0]).toMatchObject({ pace: 0.1, exhausts_at: NOW + 100 });
  });

  test("of anything but requests is not known without a window's length", () => {
    const observed = { updated_at: NOW, windows: [tokens] };
    const answer = policy({ source: "observed", observed });
    const [quota] = quotas([answer], [], new Map([["openai", 3]]), NOW);
    expect(quota?.limits[0]).toMatchObject({ pace: null, exhausts_at: null });
  });
});

describe("exhaustion", () => {
  test.each([
    ["before the reset", { remaining: 10, reset_at: NOW + 100 }, 1, NOW + 10],
    ["not before the reset", { remaining: 10, reset_at: NOW + 5 }, 1, null],
    ["without a reset", { remaining: 10, reset_at: null }, 0.5, NOW + 20],
    ["never without use", { remaining: 10, reset_at: null }, 0, null],
    ["not known without a pace", { remaining: 10, reset_at: null }, null, null],
    ["not known without what remains", { remaining: null, reset_at: null }, 1, null],
  ])("%s", (_, limit, pace, at) => {
    expect(exhaustion(limit, pace, NOW)).toBe(at);
  });
});

describe("keys that are used up", () => {
  const key = (key_id: string, state_until: number | null) => ({
    key_id,
    api_name: "openai",
    state: state_until === null ? "ready" : "exhausted",
    state_until,
  });

  test("stand beside the API's limits, and one that is ready keeps the API going", () => {
    const keys = [key("a", NOW + 90), key("b", null)];
    const [quota] = quotas([policy()], keys, new Map(), NOW);
    expect(quota?.limits.at(-1)).toMatchObject({ key_id: "a", exhausted_until: NOW + 90 });
    expect(quota?.exhausted_until).toBeNull();
  });

  test("all of them stop the API until the first is ready", () => {
    const keys = [key("a", NOW + 90), key("b", NOW + 30)];
    expect(quotas([], keys, new Map(), NOW)[0]?.exhausted_until).toBe(NOW + 30);
  });

  test("are forgotten when their time is over", () => {
    expect(quotas([], [key("a", NOW)], new Map(), NOW)).toEqual([]);
  });
});

test.each([
  ["requests", "requests"],
  ["core", "requests"],
  ["input-tokens", "tokens"],
  ["Complexity", "complexity"],
  ["graphql-points", "points"],
])("a limit named %s counts %s", (name, unit) => {
  expect(unitOf(name)).toBe(unit);
});
