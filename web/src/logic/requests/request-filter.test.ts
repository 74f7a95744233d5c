import { expect, test } from "vitest";
import {
  filterPath,
  parseFilter,
  toLocalDateTime,
  fromLocalDateTime,
  parseOpenEntry,
  filterStart,
} from "./request-filter";

test("a filter survives its way through the address", () => {
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

test("without a filter the address is the page's own", () => {
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
])("what is not understood is left out: %j", (query) => {
  expect(parseFilter(query)).toEqual({});
});

test("a named range counts from now, two moments stand as they are", () => {
  expect(filterStart({ range: "hour" }, 10_000.9)).toBe(6_400);
  expect(filterStart(parseFilter({ from: "5", to: "9" }), 10_000)).toBe(5);
  expect(parseFilter({ range: "week", from: "5" })).toEqual({ range: "week" });
  expect(filterStart({}, 10_000)).toBeUndefined();
});

test("moments go through a field and back", () => {
  expect(fromLocalDateTime(toLocalDateTime(1_764_000_061))).toBe(1_764_000_061);
  expect(toLocalDateTime(undefined)).toBe("");
  expect(fromLocalDateTime("")).toBeUndefined();
});
