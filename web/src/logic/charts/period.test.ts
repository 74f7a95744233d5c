import { describe, expect, test } from "vitest";
import { precedingPeriod, columnStarts, customPeriod, parsePeriod, periodQuery } from "./period";

const HOUR = 3_600;
const DAY = 86_400;
const NOW = Date.parse("2026-11-23T10:20:00Z") / 1000;
const at = (text: string) => Date.parse(text) / 1000;

test("the default is the last 24 hours, including the current one", () => {
  const period = parsePeriod({}, NOW);
  expect(period).toEqual({
    name: "24h",
    start: at("2026-11-22T11:00:00Z"),
    end: at("2026-11-23T11:00:00Z"),
    step: HOUR,
  });
  expect(columnStarts(period)).toHaveLength(24);
  expect(columnStarts(period)[0]).toBe(period.start);
});

test("thirty days are shown by day, including the current one", () => {
  const period = parsePeriod({ period: "30d" }, NOW);
  expect(period.step).toBe(DAY);
  expect(period.end).toBe(at("2026-11-24T00:00:00Z"));
  expect(columnStarts(period)).toHaveLength(30);
});

test("a period includes an hour that has just started", () => {
  expect(parsePeriod({ period: "6h" }, at("2026-11-23T10:00:00Z")).end).toBe(
    at("2026-11-23T11:00:00Z"),
  );
});

describe("a custom period", () => {
  const own = (from: number, to: number) => {
    const query = periodQuery(from, to);
    return customPeriod(query.from, query.to);
  };

  test("is extended to whole hours", () => {
    expect(own(NOW, NOW + 60)).toMatchObject({ start: NOW - 1_200, end: NOW + 2_400, step: HOUR });
  });

  test("is shown by day when it is long", () => {
    expect(own(NOW - 9 * DAY, NOW)).toMatchObject({ step: DAY, end: at("2026-11-24T00:00:00Z") });
  });

  test.each([
    ["that ends before it begins", "20", "10"],
    ["that is longer than usage is kept", "0", String(500 * DAY)],
    ["that is no number", "x", "10"],
    ["without an end", "10", undefined],
  ])("%s is invalid", (_, from, to) => {
    expect(customPeriod(from, to)).toBeNull();
    expect(parsePeriod({ from, to }, NOW).name).toBe("24h");
  });
});

test("the preceding period has the same length and ends where the period starts", () => {
  const period = parsePeriod({ period: "7d" }, NOW);
  expect(precedingPeriod(period)).toMatchObject({
    start: period.start - 7 * DAY,
    end: period.start,
  });
});
