import { expect, test } from "vitest";
import { sparkline } from "./sparkline";

test("the highest value reaches the top, 0 the bottom", () => {
  expect(sparkline([0, 2, 1], 30, 20)).toBe("M0 20V20H10V0H20V10H30V20Z");
});

test("zeros have no line", () => {
  expect(sparkline([0, 0], 30, 20)).toBe("");
  expect(sparkline([], 30, 20)).toBe("");
});
