import { expect, test } from "vitest";
import { spendLines } from "./chart-lines";

const DATES = ["2026-11-01", "2026-11-02", "2026-11-03"];
const point = (date: string, api_name: string, cost_usd: number) => ({ date, api_name, cost_usd });

test("each API is a line with a value for each date, the most expensive first", () => {
  const series = [
    point("2026-11-01", "small", 0.1),
    point("2026-11-03", "large", 2),
    point("2026-11-03", "small", 0.2),
  ];
  expect(spendLines(series, DATES)).toEqual([
    { name: "large", tone: 1, values: [0, 0, 2e9] },
    { name: "small", tone: 3, values: [1e8, 0, 2e8] },
  ]);
});

test("amounts add up without the errors of decimal fractions", () => {
  const series = [point("2026-11-01", "a", 0.1), point("2026-11-01", "a", 0.2)];
  expect(spendLines(series, DATES)[0]?.values[0]).toBe(300_000_000);
});

test("more than four APIs are three and the rest", () => {
  const series = ["a", "b", "c", "d", "e"].map((name, n) => point("2026-11-02", name, 10 - n));
  const lines = spendLines(series, DATES);
  expect(lines.map(({ name }) => name)).toEqual(["a", "b", "c", "2 other APIs"]);
  expect(lines[3]?.values).toEqual([0, 13e9, 0]);
});

test("APIs that cost nothing, and other dates, are no lines", () => {
  const series = [point("2026-11-01", "free", 0), point("2026-10-31", "old", 5)];
  expect(spendLines(series, DATES)).toEqual([]);
});
