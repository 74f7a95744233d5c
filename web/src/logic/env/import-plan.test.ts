import { expect, test } from "vitest";
import {
  countActions,
  countText,
  importedApis,
  rejectedLinesText,
  isNoteworthy,
} from "./import-plan";

test("lines are counted by action", () => {
  const lines = [
    { action: "import", name: "A" },
    { action: "keep", name: null },
    { action: "import", name: "B" },
  ] as const;
  expect(countActions(lines)).toEqual({ import: 2, keep: 1, duplicate: 0, refuse: 0 });
});

test("counts are formatted with their action", () => {
  expect([countText("import", 2), countText("keep", 1), countText("keep", 7)]).toEqual([
    "Import 2",
    "1 kept",
    "7 kept",
  ]);
  expect([countText("duplicate", 1), countText("refuse", 3)]).toEqual([
    "1 duplicate",
    "3 rejected",
  ]);
});

test("a kept line without a variable is not noteworthy", () => {
  expect(isNoteworthy({ action: "keep", name: null })).toBe(false);
  expect(isNoteworthy({ action: "keep", name: "DEBUG" })).toBe(true);
  expect(isNoteworthy({ action: "refuse", name: null })).toBe(true);
});

test("an API with two imported keys is listed once", () => {
  const keys = ["openai", "github", "openai"].map((api_name) => ({ api_name }));
  expect(importedApis(keys)).toEqual(["openai", "github"]);
});

test("rejected lines are listed", () => {
  const refused = (...numbers: number[]) =>
    numbers.map((line) => ({ action: "refuse", name: null, line }) as const);
  expect(rejectedLinesText([{ action: "keep", name: null, line: 1 }])).toBeUndefined();
  expect(rejectedLinesText(refused(5))).toBe("Line 5 is");
  expect(rejectedLinesText(refused(2, 5, 9))).toBe("Lines 2, 5, and 9 are");
  expect(rejectedLinesText(refused(1, 2, 3, 4, 5, 6, 7, 8, 9, 10))).toBe(
    "Lines 1, 2, 3, 4, 5, 6, 7, 8, and 2 more are",
  );
});
