import { expect, test } from "vitest";
// eslint-disable-next-line no-restricted-imports -- the type alone, to compare the two lists
import type { components } from "../../api/schema";
import { type CheckOutcome, describeOutcome } from "./check-outcome";

type ApiOutcome = components["schemas"]["CheckResult"]["outcome"];

// Fails to compile when the API adds or removes an outcome.
const OUTCOMES = Object.keys({
  valid: true,
  revoked: true,
  out_of_quota: true,
  wrong_host: true,
  unreachable: true,
  unexpected: true,
  unknown: true,
} satisfies Record<ApiOutcome, true>) as CheckOutcome[];

test.each(OUTCOMES)("%s has a word, and leads to what can be done", (outcome) => {
  const { title, advice, actions } = describeOutcome(outcome);
  expect(title).toMatch(/^[A-Z]/);
  expect(advice === "").toBe(outcome === "valid");
  expect(actions.length > 0).toBe(outcome !== "valid");
});
