import { expect, test } from "vitest";
import { countActions, importedApis, tells } from "./env-plan";

test("lines are counted by what happens to them", () => {
  const lines = [
    { action: "import", name: "A" },
    { action: "keep", name: null },
    { action: "import", name: "B" },
  ] as const;
  expect(countActions(lines)).toEqual({ import: 2, keep: 1, duplicate: 0, refuse: 0 });
});

test("a line without a variable tells something only when it does not just stay", () => {
  expect(tells({ action: "keep", name: null })).toBe(false);
  expect(tells({ action: "keep", name: "DEBUG" })).toBe(true);
  expect(tells({ action: "refuse", name: null })).toBe(true);
});

test("an API that was filled twice is named once", () => {
  const keys = ["openai", "github", "openai"].map((api_name) => ({ api_name }));
  expect(importedApis(keys)).toEqual(["openai", "github"]);
});
