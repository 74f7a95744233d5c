import { describe, expect, test } from "vitest";
import { rangeText, TimeLabels } from "./time-axis";

const HOUR = 3_600;
const DAY = 86_400;
const NOON = Date.parse("2026-11-23T12:00:00Z") / 1000;
const hours = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => from + n * HOUR);

test("hours are in local time, days in UTC", () => {
  expect(new TimeLabels(HOUR, "Europe/Berlin").column(NOON)).toBe("Nov 23, 13:00–14:00");
  expect(new TimeLabels(DAY, "Europe/Berlin").column(NOON - 12 * HOUR)).toBe("Nov 23");
  expect(new TimeLabels(HOUR, "UTC").column(NOON + 11 * HOUR)).toBe("Nov 23, 23:00–00:00");
});

describe("time ticks", () => {
  const labels = new TimeLabels(HOUR, "Europe/Berlin");

  test("are at even local hours, and midnight is a date", () => {
    const marks = labels.ticks(hours(NOON, 24), 5).map((at) => labels.tick(at));
    expect(marks).toEqual(["18:00", "Nov 24", "06:00", "12:00"]);
  });

  test("of a week are at midnight", () => {
    const marks = labels.ticks(hours(NOON, 7 * 24), 4).map((at) => labels.tick(at));
    expect(marks.length).toBeLessThanOrEqual(4);
    expect(marks.every((mark) => mark.startsWith("Nov"))).toBe(true);
  });

  test("are never more than fit", () => {
    for (const count of [6, 24, 49, 168]) {
      for (const room of [2, 4, 6, 12]) {
        expect(labels.ticks(hours(NOON, count), room).length).toBeLessThanOrEqual(room);
      }
    }
  });

  test("of days are evenly spaced", () => {
    const days = Array.from({ length: 30 }, (_, n) => NOON - 12 * HOUR + n * DAY);
    const marks = new TimeLabels(DAY).ticks(days, 5);
    expect(marks.map((at) => (at - (days[0] ?? 0)) / DAY)).toEqual([0, 7, 14, 21, 28]);
  });
});

test("a range has its start and end", () => {
  expect(rangeText(NOON, NOON + 24 * HOUR, HOUR, "UTC")).toBe("Nov 23, 12:00 to Nov 24, 12:00");
  expect(rangeText(NOON - 12 * HOUR, NOON - 12 * HOUR + 7 * DAY, DAY)).toBe("Nov 23 to Nov 29");
});
