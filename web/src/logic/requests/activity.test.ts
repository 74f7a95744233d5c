import { expect, test } from "vitest";
import { entriesSince, mayChangeKeyState, lastUses, logPollInterval } from "./activity";

const entry = (request_id: string, at: number, api_name = "openai", status = 200) => ({
  request_id,
  at,
  api_name,
  status,
});

test("the log is polled more often while requests are expected", () => {
  expect(logPollInterval([], 1_000)).toBeLessThan(logPollInterval([entry("a", 990)], 1_000));
  expect(logPollInterval([entry("a", 990)], 1_000)).toBeLessThan(
    logPollInterval([entry("a", 1)], 1_000),
  );
});

test("new entries are those before the previously newest", () => {
  const latest = [entry("c", 3), entry("b", 2), entry("a", 1)];
  expect(entriesSince(latest, "a").map((came) => came.request_id)).toEqual(["c", "b"]);
  expect(entriesSince(latest, "c")).toEqual([]);
  expect(entriesSince(latest, "gone")).toHaveLength(3);
});

test("401, 403 and 429 may change the state of a key", () => {
  expect(
    [200, 401, 403, 404, 429, 500].filter((status) =>
      mayChangeKeyState(entry("a", 1, "x", status)),
    ),
  ).toEqual([401, 403, 429]);
});

test("the last use is exact if the log contains it", () => {
  const points = [
    { start: 3_600, api_name: "openai" },
    { start: 0, api_name: "github" },
    { start: 7_200, api_name: "github" },
  ];
  const uses = lastUses([entry("b", 4_000), entry("a", 3_900)], points);
  expect(uses.get("openai")).toEqual({ at: 4_000, exact: true });
  expect(uses.get("github")).toEqual({ at: 7_200, exact: false });
});
