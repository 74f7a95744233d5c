import { expect, test } from "vitest";
import { withRetryAfter } from "./retry-after";

test.each([
  ["Too many attempts. Try again in 376 seconds.", 376],
  ["Every key is used up. Try again in 9 s.", 9],
])("%s says it already", (message, seconds) => {
  expect(withRetryAfter(message, seconds)).toBe(message);
});

test("how long to wait is said where it is not", () => {
  expect(withRetryAfter("Too busy.", 1)).toBe("Too busy. Try again in 1 second.");
  expect(withRetryAfter("Too busy. Try again in a moment.", 5)).toContain(
    " Try again in 5 seconds.",
  );
  expect(withRetryAfter("Wrong.", undefined)).toBe("Wrong.");
});
