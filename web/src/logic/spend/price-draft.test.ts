import { describe, expect, test } from "vitest";
import {
  modelRule,
  NEW_LINE,
  NEW_RULE,
  pricedText,
  type PriceRule,
  pricesByModel,
  ruleDraft,
  ruleErrors,
  toRule,
} from "./price-draft";

const STORED: PriceRule = {
  path_prefix: "/v1/search",
  methods: ["GET", "POST"],
  model: "gpt-5*",
  per_call_usd: 0.005,
  units: [
    { source: "unit", name: "input_tokens", amount_usd: 1.1, per: 1_000_000 },
    { source: "header", name: "X-Credits", amount_usd: 0.000012, per: 1 },
    { source: "json", name: "usage.credits", amount_usd: 0, per: 1000 },
  ],
  failures_cost: true,
};

test("a stored rule stays the same if it is not edited", () => {
  expect(toRule(ruleDraft(STORED))).toEqual(STORED);
  const free = { ...toRule(NEW_RULE), per_call_usd: 0 };
  expect(toRule(ruleDraft(free))).toEqual(free);
});

test("a rule for a model offers the usual units, or its prices without those of tiers", () => {
  expect(modelRule("m").lines.map(({ name, price }) => [name, price])).toEqual([
    ["input_tokens", ""],
    ["output_tokens", ""],
  ]);
  const price = { model: "m", is_own: false, per: 1_000_000, above: 0 };
  const prices = [
    { ...price, unit: "input_tokens", amount_usd: 1.5 },
    { ...price, unit: "input_tokens", amount_usd: 3, above: 200_000 },
    { ...price, unit: "calls", amount_usd: 30, per: 1000 },
  ];
  expect(modelRule("m", prices)).toMatchObject({
    perCall: "0.03",
    lines: [{ source: "unit", name: "input_tokens", price: "1.50", per: 1_000_000 }],
  });
  expect(prices.map(pricedText)).toEqual([
    "1M input tokens",
    "1M input tokens, in calls above 200K input tokens",
    "1K calls",
  ]);
  expect(pricedText({ ...price, unit: "calls", amount_usd: 1, per: 1 })).toBe("call");
});

test("prices are grouped by model, own ones apart", () => {
  const price = (model: string, is_own: boolean, unit: string) => {
    return { model, is_own, unit, amount_usd: 1, per: 1, above: 0 };
  };
  const listed = [price("a", true, "x"), price("a", false, "x"), price("b", false, "x")];
  const second = price("a", false, "y");
  expect(pricesByModel([...listed, second])).toEqual([
    [listed[0]],
    [listed[1], second],
    [listed[2]],
  ]);
});

test("lines without a price are left out", () => {
  const draft = { ...modelRule("m"), perCall: "$0.01", methods: "get,post" };
  expect(toRule(draft)).toEqual({
    path_prefix: "",
    methods: ["GET", "POST"],
    model: "m",
    per_call_usd: 0.01,
    units: [],
    failures_cost: false,
  });
});

describe("errors are at their inputs", () => {
  const priced = { ...NEW_RULE, perCall: "1" };
  test.each([
    [priced, {}],
    [NEW_RULE, { perCall: /Enter a price/ }],
    [{ ...priced, perCall: "free" }, { perCall: /US dollars/ }],
    [{ ...priced, methods: "GET FETCH" }, { methods: /^FETCH is not/ }],
    [{ ...priced, pathPrefix: "v1" }, { pathPrefix: /begins with/ }],
    [{ ...priced, lines: [{ ...NEW_LINE, price: "1" }] }, { "lines.0": /Enter what/ }],
    [
      { ...priced, lines: [{ ...NEW_LINE, name: "input_tokens", price: "x" }] },
      { "lines.0": /US dollars/ },
    ],
  ])("%o", (draft, expected) => {
    const errors = ruleErrors(draft);
    expect(Object.keys(errors)).toEqual(Object.keys(expected));
    for (const [name, pattern] of Object.entries(expected)) {
      expect(errors[name]).toMatch(pattern);
    }
  });
});
