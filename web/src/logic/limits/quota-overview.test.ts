import { expect, test } from "vitest";
import {
  formatAmount,
  byUrgency,
  limitCondition,
  isStale,
  isExhausted,
  forecast,
  consumptionRateText,
  formatRemaining,
  remainingShare,
  tightest,
  limitTitle,
} from "./quota-overview";
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

function quota(api_name: string, limits: readonly Limit[], exhausted_until: number | null = null) {
  const rest = { reserved: 0, unreserved_remaining: null, reservations: [], refused_keys: [] };
  return { api_name, limits, exhausted_until, ...rest } satisfies Quota;
}

test.each([
  [{}, "fine", "Lasts until it resets"],
  [{ remaining: 0 }, "exhausted", "Exhausted"],
  [{ exhausts_at: NOW + 30 }, "running-out", "Runs out in 30 s"],
  [{ exhausts_at: NOW - 1 }, "running-out", "May run out any moment"],
  [{ remaining: 9 }, "low", "Lasts until it resets"],
  [{ remaining: null }, "unknown", "Known after the next call"],
  [{ pace: null }, "fine", "Rate not known yet"],
  [{ pace: null, seen_at: NOW - 601 }, "fine", "No recent calls"],
  [{ pace: 0 }, "fine", "Not in use"],
  [{ reset_at: null, exhausts_at: NOW + 100 }, "running-out", "Runs out in 1:40 min"],
  [{ reset_at: null, exhausts_at: NOW + 90_000 }, "fine", "Lasts longer than a day"],
] as const)("%o is %s: %s", (parts, condition, words) => {
  expect(limitCondition(limit(parts), NOW)).toBe(condition);
  expect(forecast(limit(parts), NOW)).toBe(words);
});

test("an unknown limit is neither exhausted nor empty", () => {
  const unknown = limit({ limit: null, remaining: null, reset_at: null });
  expect(limitCondition(unknown, NOW)).toBe("unknown");
  expect(remainingShare(unknown)).toBeNull();
});

test("a report is stale after ten minutes, a policy never", () => {
  expect(isStale(limit({ seen_at: NOW - 600 }), NOW)).toBe(false);
  expect(isStale(limit({ seen_at: NOW - 601 }), NOW)).toBe(true);
  expect(isStale(limit({ seen_at: null }), NOW)).toBe(false);
});

test("an API is exhausted with its policy or all its keys, not by a single exhausted key", () => {
  const policy = limit({ source: "policy", remaining: 0 });
  expect(isExhausted(quota("a", [policy]))).toBe(true);
  expect(isExhausted(quota("a", [limit()], NOW + 9))).toBe(true);
  expect(isExhausted(quota("a", [limit({ exhausted_until: NOW + 9, remaining: 0 })]))).toBe(false);
});

test("urgent quotas come first, the rest by name", () => {
  const nothing = limit({ remaining: null });
  const sorted = byUrgency(
    [
      quota("d", [nothing, limit()]),
      quota("c", [nothing, limit({ remaining: 5 })]),
      quota("b", [nothing]),
      quota("a", [limit()]),
      quota("e", [limit({ remaining: 0 })]),
      quota("f", [limit({ exhausted_until: NOW + 9 })]),
      quota("g", [limit()], NOW + 9),
      { ...quota("h", []), refused_keys: [{ key_id: "h.a", until: NOW + 9 }] },
    ],
    NOW,
  );
  expect(sorted.map(({ api_name }) => api_name)).toEqual(["g", "e", "c", "f", "h", "a", "b", "d"]);
});

test("the policy and the tightest limits are shown first", () => {
  const own = limit({ source: "policy", remaining: 99 });
  const empty = limit({ remaining: 0 });
  const ending = limit({ exhausts_at: NOW + 5, remaining: 70 });
  const half = limit({ remaining: 50 });
  const rest = Array.from({ length: 8 }, () => limit({ remaining: 90 }));
  const unknown = limit({ remaining: null });
  const all = [unknown, ...rest, half, ending, empty, own];
  expect(tightest(all, 4, NOW)).toEqual(new Set([own, empty, ending, half]));
  expect(tightest(all.slice(0, 5), 4, NOW).size).toBe(5);
});

test("a share is between 0 and 1, whatever the upstream reports", () => {
  expect(remainingShare(limit({ remaining: 120 }))).toBe(1);
  expect(remainingShare(limit({ remaining: 25 }))).toBe(0.25);
  expect(remainingShare(limit({ limit: null }))).toBeNull();
});

test("limits have readable titles", () => {
  expect(limitTitle(limit({ source: "policy", name: "policy" }))).toBe("Your policy");
  expect(limitTitle(limit({ name: "default" }))).toBe("Requests");
  expect(limitTitle(limit({ name: "input-tokens" }))).toBe("Input tokens");
});

test.each([
  [1, "requests", "1 request"],
  [12, "complexity", "12 complexity"],
  [9, "concurrent-requests", "9 concurrent requests"],
  [1_200_000, "bytes", "1.2 MB"],
  [512, "content-bytes", "512 B"],
])("%d of %s is %s", (value, unit, words) => {
  expect(formatAmount(value, unit)).toBe(words);
});

test.each([
  [40, "requests", "40 per second"],
  [1.4, "requests", "1 per second"],
  [0.5, "tokens", "30 per minute"],
  [0.005, "requests", "18 per hour"],
  [1 / 43_200, "requests", "2 per day"],
  [1 / 999_999, "requests", "less than 1 per day"],
  [2_500, "bytes", "2.5 kB per second"],
])("a rate of %d %s is %s", (pace, unit, words) => {
  expect(consumptionRateText(pace, unit)).toBe(words);
  expect(formatRemaining(1_000, unit)).toBe(unit === "bytes" ? "1.0 kB" : "1,000");
});
