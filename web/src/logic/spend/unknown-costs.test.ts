import { expect, test } from "vitest";
import { byCost, unknownCosts } from "./unknown-costs";

const api = (api_name: string, unknown_calls: number, cost_usd: number | null = 1) => ({
  api_name,
  cost_usd,
  unknown_calls,
  is_priced: true,
});
const model = (
  api_name: string,
  name: string | null,
  unknown_calls: number,
  cost_usd: number | null,
) => ({ api_name, model: name, cost_usd, unknown_calls });

test("calls of a model without a price are named with it, the most first", () => {
  const spend = {
    apis: [api("openai", 20), api("groq", 0)],
    models: [
      model("openai", "gpt-5", 3, 1.5),
      model("openai", "secret-model", 17, null),
      model("groq", "llama", 0, 0.1),
    ],
  };
  expect(unknownCosts(spend)).toEqual([
    { api: "openai", model: "secret-model", calls: 17, hasPrice: false },
    { api: "openai", model: "gpt-5", calls: 3, hasPrice: true },
  ]);
});

test("calls without a model belong to the API", () => {
  const spend = {
    apis: [api("maps", 4, null), api("openai", 5)],
    models: [model("openai", "gpt-5", 2, 1), model("openai", null, 3, null)],
  };
  expect(unknownCosts(spend)).toEqual([
    { api: "maps", model: null, calls: 4, hasPrice: false },
    { api: "openai", model: null, calls: 3, hasPrice: true },
    { api: "openai", model: "gpt-5", calls: 2, hasPrice: true },
  ]);
});

test("known costs are no reason", () => {
  expect(unknownCosts({ apis: [api("openai", 0)], models: [] })).toEqual([]);
});

test("APIs are sorted by cost, those without a price last", () => {
  const unpriced = { ...api("github", 0, 0), is_priced: false };
  const apis = [unpriced, api("small", 0, 0.1), api("unknown", 1, null), api("large", 0, 2)];
  expect(byCost(apis).map(({ api_name }) => api_name)).toEqual([
    "large",
    "small",
    "unknown",
    "github",
  ]);
});
