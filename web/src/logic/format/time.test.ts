import { describe, expect, test } from "vitest";
import { ago, countdown, durationText } from "./time";

describe("ago", () => {
  test.each([
    [0, "just now"],
    [-9, "just now"],
    [-12, "12 seconds ago"],
    [-60, "1 minute ago"],
    [-3_599, "59 minutes ago"],
    [-7_200, "2 hours ago"],
    [-86_400, "1 day ago"],
    [90, "in 1 minute"],
  ])("%i seconds away is %s", (distance, words) => {
    expect(ago(1_000_000 + distance, 1_000_000)).toBe(words);
  });
});

describe("countdown", () => {
  test.each([
    [-1, "0 s"],
    [0.2, "1 s"],
    [59, "59 s"],
    [59.5, "1:00 min"],
    [125, "2:05 min"],
    [3_600, "1 h 0 min"],
    [90_000, "1 d 1 h"],
  ])("%d seconds are %s", (seconds, words) => {
    expect(countdown(seconds)).toBe(words);
  });
});

test.each([
  [1, "second"],
  [60, "minute"],
  [90, "90 seconds"],
  [300, "5 minutes"],
  [86_400, "day"],
  [604_800, "7 days"],
])("a duration of %i seconds is %s", (seconds, words) => {
  expect(durationText(seconds)).toBe(words);
});
