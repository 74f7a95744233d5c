import { expect, test } from "vitest";
import { splitDuration } from "./duration";

const words = (duration_ms: number, upstream_ms: number | null, problem: string | null = null) => {
  const { api, rest } = splitDuration({ duration_ms, upstream_ms, problem });
  return [api?.text, rest.text];
};

test("a slow response body is not counted as the dashboard's time", () => {
  expect(words(3_003, 3)).toEqual([
    "API 3 ms until its response started",
    "3.0 s to forward the response",
  ]);
});

test("without a call to the API, all time is the dashboard's", () => {
  expect(words(4, null)).toEqual([undefined, "Dashboard 4 ms"]);
});

test("without a response there is nothing to forward", () => {
  expect(words(3_010, 3_000, "upstream_timeout")).toEqual([
    "API 3.0 s without a complete response",
    "10 ms for everything else",
  ]);
});

test("rounded parts do not exceed the total", () => {
  expect(splitDuration({ duration_ms: 5, upstream_ms: 6, problem: null })).toMatchObject({
    api: { ms: 5 },
    rest: { ms: 0 },
  });
});
