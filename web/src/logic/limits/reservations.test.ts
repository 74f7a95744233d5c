import { describe, expect, test } from "vitest";
import type { TokenReservation } from "./quota";
import {
  candidateTokens,
  reservationEffect,
  isActive,
  tokenLabel,
  splitLimit,
  requestCount,
  reservationText,
  parseShare,
  largestShareText,
  reservationSize,
} from "./reservations";

const NOW = 1_780_000_000;

function reserved(
  token_id: string,
  amount: number,
  parts: Partial<TokenReservation> = {},
): TokenReservation {
  return {
    token_id,
    amount,
    share: null,
    expires_at: null,
    used: 0,
    remaining: amount,
    ...parts,
  };
}

describe("splitting a limit", () => {
  test("returns parts that add up to it, the shared one last", () => {
    const held = [reserved("a", 300, { used: 20, remaining: 280 }), reserved("b", 200)];
    expect(splitLimit(1_000, 430, held, NOW)).toEqual([
      { token_id: "a", amount: 300, left: 280 },
      { token_id: "b", amount: 200, left: 200 },
      { token_id: null, amount: 500, left: 430 },
    ]);
  });

  test("ignores the reservation of an expired token", () => {
    const ended = reserved("a", 300, { expires_at: NOW });
    expect(isActive(ended, NOW)).toBe(false);
    expect(splitLimit(1_000, 1_000, [ended], NOW)).toEqual([
      { token_id: null, amount: 1_000, left: 1_000 },
    ]);
  });

  test("leaves nothing to share if everything is reserved", () => {
    expect(splitLimit(10, 0, [reserved("a", 10)], NOW).at(-1)).toMatchObject({
      amount: 0,
      left: 0,
    });
  });
});

test.each([
  [{ amount: 300 }, 1_000, 300],
  [{ share: 0.3 }, 1_000, 300],
  [{ share: 1 / 3 }, 1_000, 333],
  [{ share: 0.001 }, 100, 0],
])("%o of %d is %d requests, rounded like the API", (wanted, limit, requests) => {
  expect(requestCount(wanted, limit)).toBe(requests);
});

test.each([
  ["30", 0.3],
  ["12.5 %", 0.125],
  ["33,3", 0.333],
  ["100", 1],
])("the share %s is %d", (text, share) => {
  expect(parseShare(text)).toBeCloseTo(share, 9);
});

test.each(["", "0", "101", "-3", "1e1", "half", "1.23456"])("%j is not a valid share", (text) => {
  expect(parseShare(text)).toBe("Enter a number greater than 0 and at most 100.");
});

test("the largest share never exceeds what is available", () => {
  for (const [available, limit] of [
    [200, 1_000],
    [1, 3],
    [333, 999],
    [7, 1_000_000],
  ] as const) {
    const text = largestShareText(available, limit);
    const share = Number(text) / 100;
    expect(requestCount({ share }, limit)).toBeLessThanOrEqual(available);
  }
  expect(largestShareText(200, 1_000)).toBe("20");
});

test("a reservation is formatted, and can be created again", () => {
  expect(reservationText({ amount: 1, share: null })).toBe("1 request");
  expect(reservationText({ amount: 300, share: 0.3 })).toBe("300 requests (30%)");
  expect(reservationSize({ amount: 300, share: 0.3 })).toEqual({ share: 0.3 });
  expect(reservationSize({ amount: 300, share: null })).toEqual({ amount: 300 });
});

test("the effect of a reservation on others is described", () => {
  expect(reservationEffect(300, 200, 1_000)).toBe(
    "All other tokens share at most 500 requests of every 1,000.",
  );
  expect(reservationEffect(800, 200, 1_000)).toBe(
    "Tokens without a reservation can no longer make calls.",
  );
  expect(reservationEffect(801, 200, 1_000)).toBe("Only 800 are left to reserve.");
});

describe("candidate tokens", () => {
  const token = (token_id: string, apis: string[], expired = false) => ({
    token_id,
    name: token_id,
    hint: `…${token_id}`,
    apis,
    expired,
  });
  const tokens = [
    token("z", ["*"]),
    token("ended", ["*"], true),
    token("a", ["openai"]),
    token("other", ["github"]),
    token("held", ["openai"]),
  ];

  test("can call the API, have not expired and have no reservation", () => {
    const found = candidateTokens(tokens, "openai", [reserved("held", 1)]);
    expect(found.map(({ token_id }) => token_id)).toEqual(["a", "z"]);
  });

  test("show their hints if they have the same name", () => {
    const twins = [
      { ...token("a", []), name: "job" },
      { ...token("b", []), name: "job" },
    ];
    expect(twins.map((one) => tokenLabel(one, twins))).toEqual(["job …a", "job …b"]);
    expect(twins.slice(0, 1).map((one) => tokenLabel(one, twins.slice(0, 1)))).toEqual(["job"]);
  });
});
