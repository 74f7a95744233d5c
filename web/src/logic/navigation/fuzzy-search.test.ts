import { expect, test } from "vitest";
import { matchScore, fuzzySearch } from "./fuzzy-search";

const NAMES = ["Overview", "Keys", "Add a key", "Tokens", "Make a token", "Key my-openai-key"];
const found = (typed: string) => fuzzySearch(typed, NAMES, (name) => name, 9);

test("an empty search returns all items in order", () => {
  expect(found("  ")).toEqual(NAMES);
});

test("matches at a word's start come first, and short names before long ones", () => {
  expect(found("key").slice(0, 2)).toEqual(["Keys", "Add a key"]);
  expect(fuzzySearch("pen", ["my-openai", "Pen"], (name) => name, 9)).toEqual(["Pen", "my-openai"]);
});

test("words may be in any order, and letters may be missing", () => {
  expect(found("token mak")).toEqual(["Make a token"]);
  expect(found("mktok")).toEqual(["Make a token"]);
  expect(found("OVW")).toEqual(["Overview"]);
});

test("an item that lacks a typed letter does not match", () => {
  expect(matchScore("keyz", "Keys")).toBeUndefined();
  expect(found("zzz")).toEqual([]);
});

test("regular expression characters are matched literally", () => {
  expect(matchScore("(.*", "a(.*b")).toBeGreaterThan(0);
  expect(matchScore(".*", "anything")).toBeUndefined();
});

test("the number of results is limited", () => {
  expect(fuzzySearch("", NAMES, (name) => name, 2)).toHaveLength(2);
});
