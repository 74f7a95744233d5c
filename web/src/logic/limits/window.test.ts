import { expect, test } from "vitest";
import { windowChoice, parseLimit, windowSeconds } from "./window";

test.each([
  [1, { unit: "second" }],
  [3_600, { unit: "hour" }],
  [90, { unit: "custom", count: "90", of: "second" }],
  [600, { unit: "custom", count: "10", of: "minute" }],
  [604_800, { unit: "custom", count: "7", of: "day" }],
])("a window of %i seconds survives the form", (seconds, choice) => {
  expect(windowChoice(seconds)).toMatchObject(choice);
  expect(windowSeconds(windowChoice(seconds))).toBe(seconds);
});

test.each(["", "0", "-1", "1.5", "ten", "366"])("%j days are not a valid window", (count) => {
  expect(typeof windowSeconds({ unit: "custom", count, of: "day" })).toBe("string");
});

test.each([
  ["100", 100],
  [" 10,000 ", 10_000],
  ["1 000 000", 1_000_000],
])("%j is a valid limit", (text, limit) => {
  expect(parseLimit(text)).toBe(limit);
});

test.each(["1000000001", "99999999999999999", "9".repeat(400)])("%s is too large", (text) => {
  expect(parseLimit(text)).toBe("At most 1,000,000,000 requests.");
  expect(windowSeconds({ unit: "custom", count: text, of: "day" })).toBe("At most 365 days.");
});

test.each(["", "0", "1.5", "-3", "1e3", "1000000001"])("%j is not a valid limit", (text) => {
  expect(typeof parseLimit(text)).toBe("string");
});
