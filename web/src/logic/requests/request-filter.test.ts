import { expect, test } from "vitest";
import {
  filterPath,
  parseFilter,
  toLocalDateTime,
  fromLocalDateTime,
  parseOpenEntry,
  filterStart,
} from "./request-filter";

test("a filter survives the URL", () => {
  const filter = {
    api: "my-weather",
    status: "4xx",
    token: "0123456789abc",
    range: "day",
  } as const;
  const address = filterPath(filter, { id: "b3f1c2a49d5e6708", at: 1_764_000_000.25 });
  const query = Object.fromEntries(new URL(address, "https://x.example").searchParams);
  expect(parseFilter(query)).toEqual(filter);
  expect(parseOpenEntry(query)).toEqual({ id: "b3f1c2a49d5e6708", at: 1_764_000_000 });
});

test("without a filter, the URL is the page's path", () => {
  expect(filterPath({})).toBe("/requests");
});

test.each([
  { api: "../x" },
  { api: "A" },
  { status: "9xx" },
  { status: "abc" },
  { token: "short" },
  { range: "toString" },
  { from: "-1" },
  { to: "now" },
])("an invalid parameter is ignored: %j", (query) => {
  expect(parseFilter(query)).toEqual({});
});

test("a named range starts relative to now, a custom range is fixed", () => {
  expect(filterStart({ range: "hour" }, 10_000.9)).toBe(6_400);
  expect(filterStart(parseFilter({ from: "5", to: "9" }), 10_000)).toBe(5);
  expect(parseFilter({ range: "week", from: "5" })).toEqual({ range: "week" });
  expect(filterStart({}, 10_000)).toBeUndefined();
});

test("times survive the form", () => {
  expect(fromLocalDateTime(toLocalDateTime(1_764_000_061))).toBe(1_764_000_061);
  expect(toLocalDateTime(undefined)).toBe("");
  expect(fromLocalDateTime("")).toBeUndefined();
});
