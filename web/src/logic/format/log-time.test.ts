import { expect, test } from "vitest";
import { logTime } from "./log-time";

const NOON = new Date(2026, 10, 24, 12, 0, 0).getTime() / 1000;

test("today's times have no date", () => {
  expect(logTime(NOON - 3_661.5, NOON)).toBe("10:58:58");
  expect(logTime(NOON - 12 * 3_600, NOON)).toBe("00:00:00");
});

test("earlier times have a date", () => {
  expect(logTime(NOON - 86_400, NOON)).toBe("Nov 23, 12:00:00");
});
