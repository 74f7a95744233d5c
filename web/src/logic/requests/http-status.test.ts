import { expect, test } from "vitest";
import { entryTone, statusTone, statusText } from "./http-status";

test.each([
  [200, "OK", "ok"],
  [299, "Success", "ok"],
  [307, "Redirect", "info"],
  [429, "Too many requests", "warn"],
  [499, "Client closed request", "warn"],
  [599, "Server error", "danger"],
  [0, "Unknown", "neutral"],
  [600, "Nonstandard status", "neutral"],
  [999, "Nonstandard status", "neutral"],
])("%i is %s, %s", (status, word, tone) => {
  expect([statusText(status), statusTone(status)]).toEqual([word, tone]);
});

test.each([
  [{ status: 429, problem: null, rehearsed: true }, "info"],
  [{ status: 429, problem: null, rehearsed: false }, "warn"],
  [{ status: 200, problem: "upstream_reset", rehearsed: false }, "warn"],
  [{ status: 200, problem: null, rehearsed: false }, "ok"],
])("an entry %o is %s", (entry, tone) => {
  expect(entryTone(entry)).toBe(tone);
});
