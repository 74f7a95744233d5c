import { expect, test } from "vitest";
import { budgetPreview } from "./budget-preview";

// November 29, 2026 is a Sunday.
const SERIES = [
  { date: "2026-11-29", cost_usd: 3 },
  { date: "2026-11-29", cost_usd: 1 },
  { date: "2026-11-30", cost_usd: 6 },
  { date: "2026-12-01", cost_usd: 0.5 },
];

test.each([
  ["day", 5, 1, 1],
  ["day", 0.5, 9, 2],
  ["week", 5, 1.5, 1],
  ["month", 5, 5, 1],
  ["total", 5, 5.5, 1],
  ["total", 100, 0, 0],
] as const)("per %s, %f dollars would have rejected %f in %i", (period, amount, usd, periods) => {
  const preview = budgetPreview(SERIES, period, amount);
  expect(preview).toEqual({ total_usd: 10.5, rejected_usd: usd, periods });
});

test("a budget that the cost only reaches rejects nothing", () => {
  const series = [
    { date: "2026-11-29", cost_usd: 0.1 },
    { date: "2026-11-29", cost_usd: 0.2 },
  ];
  expect(budgetPreview(series, "day", 0.3).periods).toBe(0);
});
