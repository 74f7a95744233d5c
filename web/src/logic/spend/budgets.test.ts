import { describe, expect, test } from "vitest";
import {
  amountText,
  barShares,
  budgetLevel,
  type BudgetState,
  scopeText,
  sortBudgets,
} from "./budgets";
import { appliedBudgets, parseScope } from "./budget-scopes";

function budget(parts: Partial<BudgetState>): BudgetState {
  return {
    scope: { type: "account" },
    period: "month",
    amount_usd: 10,
    spent_usd: 0,
    reserved_usd: 0,
    ...parts,
  };
}

const ALL = budget({});
const OPENAI = budget({ scope: { type: "api", api_name: "openai" }, period: "day" });
const ANTHROPIC = budget({ scope: { type: "api", api_name: "anthropic" } });
const NIGHT = budget({ scope: { type: "token", token_id: "t1", name: "night report" } });
const GONE = budget({ scope: { type: "token", token_id: "t2", name: null }, period: "total" });
const BUDGETS = [GONE, NIGHT, OPENAI, ALL, ANTHROPIC];

test("a budget is named after what it limits", () => {
  expect(BUDGETS.map(scopeText)).toEqual([
    "Token t2",
    "Token night report",
    "openai",
    "All APIs",
    "anthropic",
  ]);
});

test("an amount has its period", () => {
  expect(amountText(budget({ amount_usd: 5, period: "day" }))).toBe("$5.00 per day");
  expect(amountText(budget({ amount_usd: 0.000012, period: "total" }))).toBe("$0.000012 in all");
});

test("budgets are sorted by scope, name and period", () => {
  expect(sortBudgets(BUDGETS)).toEqual([ALL, ANTHROPIC, OPENAI, NIGHT, GONE]);
  const day = budget({ period: "day" });
  expect(sortBudgets([ALL, day])).toEqual([day, ALL]);
});

test.each([
  [0, "fine"],
  [4.999999999, "fine"],
  [5, "half"],
  [7.99, "half"],
  [8, "high"],
  [9.99, "high"],
  [10, "used-up"],
  [11, "used-up"],
])("with %f of 10 spent, the level is %s", (spent_usd, level) => {
  expect(budgetLevel(budget({ spent_usd }))).toBe(level);
});

describe("the bar", () => {
  test("shows what is spent and reserved", () => {
    expect(barShares(budget({ spent_usd: 2, reserved_usd: 1 }))).toEqual({
      spent: 0.2,
      reserved: 0.1,
    });
  });

  test("is never longer than its track", () => {
    expect(barShares(budget({ spent_usd: 8, reserved_usd: 5 })).reserved).toBeCloseTo(0.2);
    expect(barShares(budget({ spent_usd: 12, reserved_usd: 5 }))).toEqual({
      spent: 1,
      reserved: 0,
    });
  });

  test("of a budget of 0 is full", () => {
    expect(barShares(budget({ amount_usd: 0 }))).toEqual({ spent: 1, reserved: 0 });
    expect(budgetLevel(budget({ amount_usd: 0 }))).toBe("used-up");
  });
});

test.each([
  [{}, BUDGETS],
  [{ api: "openai" }, [OPENAI, ALL]],
  [{ token: "t1" }, [NIGHT, ALL]],
  [{ api: "openai", token: "t1" }, [NIGHT, OPENAI, ALL]],
])("the budgets that count the calls of %o", (filter, expected) => {
  expect(appliedBudgets(BUDGETS, filter)).toEqual(expected);
});

test.each([
  ["account", "account", null, null],
  ["api:openai", "api", "openai", null],
  ["token:t:1", "token", null, "t:1"],
  ["api:", "account", null, null],
  ["nonsense", "account", null, null],
])("the scope %s is that of the %s", (text, type, api_name, token_id) => {
  expect(parseScope(text)).toEqual({ type, api_name, token_id });
});
