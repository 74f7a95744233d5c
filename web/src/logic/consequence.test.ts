import { expect, test } from "vitest";
import { policyInWords, upstreamConsequence } from "./consequence";

test("a policy in words", () => {
  expect(policyInWords({ limit: 1, window: 60 })).toBe("1 request per minute");
  expect(policyInWords({ limit: 5_000, window: 600 })).toBe("5,000 requests per 10 minutes");
});

test("a second key takes over, and a single one is said to be alone", () => {
  expect(upstreamConsequence(3)).toContain("3 keys");
  expect(upstreamConsequence(1)).toContain("A second key");
});
