import { expect, test } from "vitest";
import { addDays, datesOf, localDate, monthRange } from "./days";
import { isTimeZone, keptMonths, parseRange, rangeError } from "./range";

const TODAY = "2026-11-17";

test("days are added over the ends of months and years", () => {
  expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
  expect(addDays("2028-03-01", -1)).toBe("2028-02-29");
});

test("a local date has leading zeros", () => {
  expect(localDate(new Date(2026, 2, 5, 23, 59).getTime())).toBe("2026-03-05");
});

test.each([
  ["2026-11", "2026-11-01", "2026-11-17"],
  ["2026-10", "2026-10-01", "2026-10-31"],
  ["2026-02", "2026-02-01", "2026-02-28"],
])("the month %s is shown from %s to %s", (month, start, end) => {
  expect(monthRange(month, TODAY)).toEqual({ name: "month", start, end });
});

test("the months are those of the last 400 days, the current one first", () => {
  const months = keptMonths(TODAY);
  expect(months[0]).toEqual(["2026-11", "November 2026"]);
  expect(months.at(-1)).toEqual(["2025-10", "October 2025"]);
  expect(months).toHaveLength(14);
});

test.each([
  [{}, "month", "2026-11-01", "2026-11-17"],
  [{ month: "2026-09" }, "month", "2026-09-01", "2026-09-30"],
  [{ month: "1999-01" }, "month", "2026-11-01", "2026-11-17"],
  [{ month: "x" }, "month", "2026-11-01", "2026-11-17"],
  [{ range: "7d" }, "7d", "2026-11-11", "2026-11-17"],
  [{ range: "30d" }, "30d", "2026-10-19", "2026-11-17"],
  [{ from: "2026-10-05", to: "2026-10-06" }, "custom", "2026-10-05", "2026-10-06"],
  [{ from: "2026-10-05", to: "2026-10-04" }, "month", "2026-11-01", "2026-11-17"],
  [{ from: "2026-13-45", to: "2026-10-04" }, "month", "2026-11-01", "2026-11-17"],
  [{ from: "2024-01-01", to: "2026-10-04" }, "month", "2026-11-01", "2026-11-17"],
])("%o is %s, %s to %s", (query, name, start, end) => {
  expect(parseRange(query, TODAY)).toEqual({ name, start, end });
});

test("a range has all its dates", () => {
  const range = { name: "custom", start: "2026-10-30", end: "2026-11-02" } as const;
  expect(datesOf(range)).toEqual(["2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02"]);
});

test("what is wrong with a range is said", () => {
  expect(rangeError("2026-10-05", "2026-10-05", TODAY)).toBeUndefined();
  expect(rangeError("", "2026-10-05", TODAY)).toBe("Enter a date.");
  expect(rangeError("2026-10-05", "2026-10-04", TODAY)).toMatch(/on or after/);
  expect(rangeError("2020-10-05", "2026-10-04", TODAY)).toMatch(/400 days/);
});

test.each([
  ["Europe/Berlin", true],
  ["UTC", true],
  ["Berlin", false],
  ["", false],
])("“%s” is a time zone: %s", (name, known) => {
  expect(isTimeZone(name)).toBe(known);
});
