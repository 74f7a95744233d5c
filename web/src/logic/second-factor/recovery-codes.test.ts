import { expect, test } from "vitest";
import { codesFile } from "./recovery-codes";

test("a file with recovery codes says whose they are and has one on each line", () => {
  const text = codesFile(["abcd-efgh", "ijkl-mnop"], {
    username: "ada",
    address: "keys.example.com",
    day: "Dec 1, 2026",
  });
  const lines = text.split("\n");
  expect(lines[0]).toBe("Recovery codes for ada at keys.example.com");
  expect(text).toContain("Created on Dec 1, 2026.");
  expect(lines.slice(-3)).toEqual(["abcd-efgh", "ijkl-mnop", ""]);
});
