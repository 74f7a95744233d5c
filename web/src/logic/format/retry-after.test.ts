import { expect, test } from "vitest";
import { withRetryAfter } from "./retry-after";

test.each([
  ["Too many attempts. Try again in 376 seconds.", 376],
  ["Every key is used up. Try again in 9 s.", 9],
])("a message with the time stays the same: %s", (message, seconds) => {
  expect(withRetryAfter(message, seconds)).toBe(message);
});

test("the time to wait is appended if it is missing", () => {
  expect(withRetryAfter("Too busy.", 1)).toBe("Too busy. Try again in 1 second.");
  expect(withRetryAfter("Too busy. Try again in a moment.", 5)).toContain(
    " Try again in 5 seconds.",
  );
  expect(withRetryAfter("Wrong.", undefined)).toBe("Wrong.");
});
