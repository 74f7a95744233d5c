import { expect, test } from "vitest";
import { recentPaces } from "./pace";

const HOUR = 3_600;
const START = 1_780_002_000 - (1_780_002_000 % HOUR);

const hour = (start: number, requests: number, refused = 0) => ({
  start,
  api_name: "openai",
  counts: { requests, refused },
});

test("an hour's pace takes its part of the hour before", () => {
  const quarterPast = START + 900;
  const hours = [hour(START - 2 * HOUR, 9_999), hour(START - HOUR, 400), hour(START, 60)];
  expect(recentPaces(hours, quarterPast).get("openai")).toBeCloseTo((300 + 60) / HOUR);
});

test("what a limit refused used nothing up", () => {
  expect(recentPaces([hour(START, 100, 100)], START + 10).get("openai")).toBe(0);
});
