import { expect, test } from "vitest";
import type { Period } from "./period";
import { busiestApis, toColumns, latencySeries } from "./series";

const HOUR = 3_600;
const PERIOD: Period = { name: "custom", start: 0, end: 4 * HOUR, step: HOUR };

function point(start: number, api_name: string, requests: number, parts = {}) {
  const errors = { errors: 0, refused: 0, rehearsed: 0, status_4xx: 0, status_5xx: 0 };
  const none = { ...errors, bytes_in: 0, bytes_out: 0 };
  const latency = { p50: requests, p95: 2 * requests };
  return { start, api_name, counts: { requests, ...none, latency, ...parts } };
}

test("hours without calls are 0, and APIs are summed", () => {
  const points = [point(HOUR, "a", 3), point(HOUR, "b", 4), point(3 * HOUR, "a", 1)];
  expect(toColumns(points, PERIOD).map((column) => column.requests)).toEqual([0, 7, 0, 1]);
  expect(toColumns(points, PERIOD, "a").map((column) => column.requests)).toEqual([0, 3, 0, 1]);
  expect(toColumns([], PERIOD).map((column) => column.start)).toEqual([0, 3_600, 7_200, 10_800]);
});

test("rate-limited requests are not counted as other errors", () => {
  const counts = { errors: 9, refused: 2, status_4xx: 6, status_5xx: 3 };
  const [column] = toColumns([point(0, "a", 20, counts)], PERIOD);
  expect(column).toMatchObject({ errors: 9, refused: 2, client: 4, server: 3 });
});

test("simulated rejections are counted separately", () => {
  const counts = { errors: 9, refused: 2, rehearsed: 3, status_4xx: 6, status_5xx: 3 };
  const [column] = toColumns([point(0, "a", 20, counts)], PERIOD);
  expect(column).toMatchObject({ errors: 9, refused: 2, simulated: 3, client: 1, server: 3 });
});

test("latency is null without responses", () => {
  const points = [point(0, "a", 10), point(0, "b", 99), point(2 * HOUR, "a", 30)];
  expect(latencySeries(points, PERIOD, "a", "p95")).toEqual([20, null, 60, null]);
});

test("the busiest APIs come first", () => {
  const apis = [point(0, "a", 1), point(0, "b", 3), point(0, "c", 2)];
  expect(busiestApis(apis, 2)).toEqual(["b", "c"]);
});
