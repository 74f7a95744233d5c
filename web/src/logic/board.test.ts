import { describe, expect, test } from "vitest";
import {
  amount,
  asOf,
  byUrgency,
  conditionOf,
  outlook,
  paceInWords,
  shareLeft,
  titleOf,
} from "./board";
import type { Limit, Quota } from "./quota";

const NOW = 1_780_000_000;

function limit(parts: Partial<Limit> = {}): Limit {
  return {
    name: "requests",
    unit: "requests",
    source: "observed",
    key_id: null,
    limit: 100,
    remaining: 80,
    reset_at: NOW + 60,
    window: 60,
    seen_at: NOW,
    exhausted_until: null,
    pace: 0.5,
    exhausts_at: null,
    ...parts,
  };
}

describe("after its reset", () => {
  const old = { reset_at: NOW - 1, remaining: 0 };

  test("the user's own limit is whole again", () => {
    expect(asOf(limit({ ...old, source: "policy" }), NOW)).toMatchObject({
      remaining: 100,
      reset_at: null,
    });
  });

  test("what remains of the upstream's is not known", () => {
    expect(asOf(limit(old), NOW)).toMatchObject({ remaining: null, reset_at: null });
  });
});

test("a key is used again when its time is over", () => {
  expect(asOf(limit({ exhausted_until: NOW }), NOW).exhausted_until).toBeNull();
  expect(asOf(limit({ exhausted_until: NOW + 1 }), NOW).exhausted_until).toBe(NOW + 1);
});

test.each([
  [{}, "fine", "Lasts until its reset"],
  [{ remaining: 0 }, "used-up", "Used up"],
  [{ exhausted_until: NOW + 9, remaining: null }, "used-up", "Key is passed over"],
  [{ exhausts_at: NOW + 30 }, "running-out", "Runs out in 30 s"],
  [{ remaining: 9 }, "low", "Lasts until its reset"],
  [{ remaining: null }, "unknown", "Known after the next call"],
  [{ pace: null }, "fine", "Pace not known yet"],
  [{ pace: 0 }, "fine", "Not in use"],
  [{ reset_at: null, exhausts_at: NOW + 100 }, "running-out", "Runs out in 1:40 min"],
  [{ reset_at: null, exhausts_at: NOW + 90_000 }, "fine", "Lasts longer than a day"],
] as const)("%o is %s: %s", (parts, condition, words) => {
  expect(conditionOf(limit(parts), NOW)).toBe(condition);
  expect(outlook(limit(parts), NOW)).toBe(words);
});

test("what needs a look comes first, the rest by name", () => {
  const quota = (api_name: string, parts: Partial<Limit>): Quota => ({
    api_name,
    limits: [limit({ remaining: null }), limit(parts)],
    exhausted_until: null,
  });
  const sorted = byUrgency(
    [
      quota("d", {}),
      quota("c", { remaining: 5 }),
      quota("b", { remaining: null }),
      quota("a", {}),
      quota("e", { remaining: 0 }),
    ],
    NOW,
  );
  expect(sorted.map(({ api_name }) => api_name)).toEqual(["e", "c", "a", "b", "d"]);
});

test("a share lies between nothing and all, whatever the upstream says", () => {
  expect(shareLeft(limit({ remaining: 120 }))).toBe(1);
  expect(shareLeft(limit({ remaining: 25 }))).toBe(0.25);
  expect(shareLeft(limit({ limit: null }))).toBeNull();
});

test("limits are called what they are", () => {
  expect(titleOf(limit({ source: "policy", name: "policy" }))).toBe("Your policy");
  expect(titleOf(limit({ name: "default" }))).toBe("Requests");
  expect(titleOf(limit({ name: "search" }))).toBe("Search");
  expect(amount(12, "complexity")).toBe("12 complexity");
});

test.each([
  [40, "40 a second"],
  [1.4, "1 a second"],
  [0.5, "30 a minute"],
  [0.005, "18 an hour"],
  [1 / 43_200, "2 a day"],
  [1 / 999_999, "less than 1 a day"],
])("a pace of %d is %s", (pace, words) => {
  expect(paceInWords(pace)).toBe(words);
});
