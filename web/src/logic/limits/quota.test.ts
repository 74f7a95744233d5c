import { describe, expect, test } from "vitest";
import { allRefused, asOf, isSkipped, limitsByKey, type Limit, type Quota } from "./quota";

const NOW = 1_780_000_000;

function limit(parts: Partial<Limit> = {}): Limit {
  return {
    name: "requests",
    unit: "requests",
    source: "observed",
    key_id: "test.a",
    limit: 100,
    remaining: 80,
    reset_at: NOW + 60,
    window: 60,
    seen_at: NOW,
    exhausted_until: null,
    pace: 0.5,
    exhausts_at: NOW + 20,
    ...parts,
  };
}

function quota(limits: readonly Limit[], parts: Partial<Quota> = {}): Quota {
  return {
    api_name: "test",
    limits,
    exhausted_until: null,
    refused_keys: [],
    reserved: 0,
    unreserved_remaining: null,
    reservations: [],
    ...parts,
  };
}

const own = (parts: Partial<Limit> = {}) =>
  limit({ name: "policy", source: "policy", key_id: null, seen_at: null, ...parts });

describe("after a window ends", () => {
  const over = { reset_at: NOW - 1, remaining: 0 };

  test("a policy is full again, with the end of its next window", () => {
    const [shown] = asOf(quota([own(over)]), NOW).limits;
    expect(shown).toMatchObject({ remaining: 100, reset_at: NOW + 59, pace: null });
    expect(shown?.exhausts_at).toBeNull();
    const [later] = asOf(quota([own(over)]), NOW + 120).limits;
    expect(later?.reset_at).toBe(NOW + 179);
  });

  test("reservations are full again, too", () => {
    const held = {
      token_id: "t",
      amount: 30,
      share: null,
      expires_at: null,
      used: 12,
      remaining: 18,
    };
    const before = quota([own(over)], {
      reserved: 30,
      unreserved_remaining: 4,
      reservations: [held],
    });
    expect(asOf(before, NOW - 2)).toMatchObject({
      unreserved_remaining: 4,
      reservations: [{ used: 12, remaining: 18 }],
    });
    expect(asOf(before, NOW)).toMatchObject({
      unreserved_remaining: 70,
      reservations: [{ used: 0, remaining: 30 }],
    });
  });

  test("a reported limit has an unknown remaining amount and rate", () => {
    expect(asOf(quota([limit(over)]), NOW).limits[0]).toMatchObject({
      limit: 100,
      remaining: null,
      reset_at: null,
      pace: null,
      exhausts_at: null,
    });
  });
});

test("keys and APIs are used again after their skip time", () => {
  const spent = quota([limit({ exhausted_until: NOW + 1 })], { exhausted_until: NOW + 1 });
  expect(asOf(spent, NOW)).toMatchObject({
    exhausted_until: NOW + 1,
    limits: [{ exhausted_until: NOW + 1 }],
  });
  expect(asOf(spent, NOW + 1)).toMatchObject({
    exhausted_until: null,
    limits: [{ exhausted_until: null }],
  });
});

test("reported limits are grouped by key, requests first", () => {
  const limits = [
    own(),
    limit({ key_id: "gone" }),
    limit({ key_id: "b", name: "tokens", unit: "tokens" }),
    limit({ key_id: "b", name: "daily", window: 86_400 }),
    limit({ key_id: "a", window: 3_600 }),
    limit({ key_id: "a", window: 60 }),
  ];
  const groups = limitsByKey(quota(limits), ["b", "a"]);
  expect(groups.map(({ key_id }) => key_id)).toEqual(["b", "a", "gone"]);
  expect(groups[1]?.limits.map(({ window }) => window)).toEqual([60, 3_600]);
  expect(groups[0]?.limits.map(({ name }) => name)).toEqual(["daily", "tokens"]);
});

test("a key that was only asked to wait has no limits, but is skipped", () => {
  const waits = limit({ name: "retry-after", limit: null, exhausted_until: NOW + 9 });
  expect(limitsByKey(quota([waits]), [])).toEqual([
    { key_id: "test.a", exhausted_until: NOW + 9, refused_until: null, limits: [] },
  ]);
});

test("a refused key is skipped until its retry, and keeps its reported limits", () => {
  const refused_keys = [
    { key_id: "b", until: NOW + 9 },
    { key_id: "test.a", until: NOW + 5 },
  ];
  const groups = limitsByKey(quota([limit()], { refused_keys }), ["test.a", "b"]);
  expect(groups.map(({ refused_until }) => refused_until)).toEqual([NOW + 5, NOW + 9]);
  expect(groups.map(({ limits }) => limits.length)).toEqual([1, 0]);
  expect(groups.map(isSkipped)).toEqual([true, true]);
  expect([2, 3].map((keys) => allRefused({ refused_keys }, keys))).toEqual([true, false]);
  const later = asOf(quota([limit()], { refused_keys }), NOW + 5);
  expect(limitsByKey(later, []).map(isSkipped)).toEqual([true, false]);
});
