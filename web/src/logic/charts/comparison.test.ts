import { expect, test } from "vitest";
import { compareCounts, completedTotals } from "./comparison";

const column = (requests: number, errors = 0) => ({
  start: 0,
  requests,
  errors,
  refused: 0,
  simulated: 0,
  client: 0,
  server: 0,
});

test("the incomplete column is left out", () => {
  expect(completedTotals([column(5, 1), column(6, 2), column(1)])).toEqual({
    requests: 11,
    errors: 3,
  });
});

test("a single column counts", () => {
  expect(completedTotals([column(5)])).toEqual({ requests: 5, errors: 0 });
});

test.each([
  [100, 112, { direction: "up", by: "12%" }],
  [100, 40, { direction: "down", by: "60%" }],
  [1_000, 1_004, { direction: "same", by: null }],
  [10, 34, { direction: "up", by: "3.4×" }],
  [10, 0, { direction: "down", by: "100%" }],
  [0, 5, { direction: "up", by: null }],
  [0, 0, null],
])("from %i to %i", (before, now, expected) => {
  expect(compareCounts(before, now)).toEqual(expected);
});
