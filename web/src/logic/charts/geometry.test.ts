import { describe, expect, test } from "vitest";
import {
  isolatedColumns,
  barsPath,
  columnAt,
  type ChartFrame,
  maxValue,
  linePath,
  columnCenter,
  labelPlace,
  valueTicks,
  valueY,
} from "./geometry";

const FRAME: ChartFrame = { width: 100, height: 50, columns: 4, top: 10 };

describe("labelPlace", () => {
  test("keeps labels inside the chart", () => {
    for (const label of ["00:00", "Nov 23", "Sep 30"]) {
      for (let x = 0; x <= 300; x += 1) {
        const place = labelPlace(300, x, label);
        const wide = label.length * 6.5;
        const start = { start: 0, middle: wide / 2, end: wide }[place.anchor];
        expect(place.x - start).toBeGreaterThanOrEqual(0);
        expect(place.x - start + wide).toBeLessThanOrEqual(300);
        expect(Math.abs(place.x - x)).toBeLessThan(25);
      }
    }
  });
});

describe("value ticks", () => {
  test.each([
    [5, [0, 2, 4, 6]],
    [10, [0, 5, 10]],
    [660, [0, 200, 400, 600, 800]],
    [1, [0, 1]],
    [0, [0]],
  ])("up to %i", (most, marks) => {
    expect(valueTicks(most, 4)).toEqual(marks);
  });

  test("include the highest value", () => {
    for (const most of [1, 7, 19, 99, 101, 2_345, 987_654]) {
      expect(valueTicks(most, 4).at(-1)).toBeGreaterThanOrEqual(most);
      expect(valueTicks(most, 4).length).toBeLessThanOrEqual(6);
    }
  });
});

test("stacked columns are as high as their sum", () => {
  const lines = [
    [1, 2, null],
    [3, 0, 4],
  ];
  expect(maxValue(lines, true)).toBe(4);
  expect(maxValue([[1], [3]], true)).toBe(4);
  expect(maxValue([[1], [3]], false)).toBe(3);
});

test("a bar is stacked on the one below it", () => {
  const lines = [
    [2, 0, 0, 0],
    [3, 0, 0, 0],
  ];
  expect(barsPath(FRAME, lines, 0)).toBe("M3 50V40h19V50Z");
  expect(barsPath(FRAME, lines, 1)).toBe("M3 40V25h19V40Z");
});

test("a line has gaps for missing values, and isolated values are found", () => {
  expect(linePath(FRAME, [10, 5, null, 0])).toBe("M12.5 0L37.5 25M87.5 50");
  expect(isolatedColumns([10, 5, null, 0])).toEqual([3]);
  expect(isolatedColumns([null, 0, null])).toEqual([1]);
});

test("a position maps to the nearest column", () => {
  expect([-5, 0, 24, 26, 99, 120].map((x) => columnAt(FRAME, x))).toEqual([0, 0, 0, 1, 3, 3]);
  expect(columnCenter(FRAME, 1)).toBe(37.5);
  expect(valueY(FRAME, 10)).toBe(0);
});
