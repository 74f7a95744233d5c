import { expect, test } from "vitest";
import { policyText, upstreamEffect } from "./limit-effect";

test("a policy is formatted with its window", () => {
  expect(policyText({ limit: 1, window: 60 })).toBe("1 request per minute");
  expect(policyText({ limit: 5_000, window: 600 })).toBe("5,000 requests per 10 minutes");
});

test("the effect depends on the number of keys", () => {
  expect(upstreamEffect(3)).toContain("3 keys");
  expect(upstreamEffect(1)).toContain("A second key");
});
