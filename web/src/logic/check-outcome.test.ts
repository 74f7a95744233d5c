import { expect, test } from "vitest";
// eslint-disable-next-line no-restricted-imports -- as text, to hold the two together
import models from "../../../api/models.py?raw";
import { meaningOf, type Outcome } from "./check-outcome";

// The API's own list: `outcome: Literal["valid", "revoked", …]`.
const OUTCOMES = [
  ...(/outcome: Literal\[([^\]]+)\]/.exec(models)?.[1] ?? "").matchAll(/"([a-z_]+)"/g),
].map(([, name]) => name as Outcome);

test("the list was read", () => {
  expect(OUTCOMES).toContain("wrong_host");
  expect(OUTCOMES).toHaveLength(7);
});

test.each(OUTCOMES)("%s has a word, and leads to what can be done", (outcome) => {
  const { title, todo, remedies } = meaningOf(outcome);
  expect(title).toMatch(/^[A-Z]/);
  expect(todo === "").toBe(outcome === "valid");
  expect(remedies.length > 0).toBe(outcome !== "valid");
});
