import { expect, test } from "vitest";
import { keyPollInterval } from "./poll-interval";

const ready = { state_until: null };
const spent = (state_until: number) => ({ state_until });

test("keys are fetched when the next one is ready, at most once a second", () => {
  expect(keyPollInterval([ready], 100)).toBe(15_250);
  expect(keyPollInterval([ready, spent(104), spent(109)], 100)).toBe(4_250);
  expect(keyPollInterval([spent(500)], 100)).toBe(15_250);
  expect(keyPollInterval([spent(99)], 100)).toBe(15_250);
  expect(keyPollInterval([spent(100.1)], 100)).toBe(1_000);
});
