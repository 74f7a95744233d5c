import { expect, test } from "vitest";
import { bytes, pluralize, milliseconds, percent } from "./numbers";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_250, "1.3 kB"],
  [6_000_000, "6.0 MB"],
])("%i bytes are %s", (value, words) => {
  expect(bytes(value)).toBe(words);
});

test.each([
  [null, "–"],
  [0.4, "0 ms"],
  [999, "999 ms"],
  [1_449, "1.4 s"],
])("%s milliseconds are %s", (value, words) => {
  expect(milliseconds(value)).toBe(words);
});

test("a share of 0 is 0%", () => {
  expect(percent(0, 0)).toBe("0%");
  expect(percent(1, 3)).toBe("33.3%");
});

test("one is singular, other counts are plural", () => {
  expect(pluralize(1, "key")).toBe("1 key");
  expect(pluralize(0, "key")).toBe("0 keys");
});
