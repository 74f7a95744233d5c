import { expect, test } from "vitest";
import { matchScore, fuzzySearch } from "./fuzzy-search";

const NAMES = ["Overview", "Keys", "Add a key", "Tokens", "Make a token", "Key my-openai-key"];
const found = (typed: string) => fuzzySearch(typed, NAMES, (name) => name, 9);

test("nothing typed finds everything as it is", () => {
  expect(found("  ")).toEqual(NAMES);
});

test("a word's beginning comes before its middle, and the shorter before the longer", () => {
  expect(found("key").slice(0, 2)).toEqual(["Keys", "Add a key"]);
  expect(fuzzySearch("pen", ["my-openai", "Pen"], (name) => name, 9)).toEqual(["Pen", "my-openai"]);
});

test("words may come in any order, letters may be left out", () => {
  expect(found("token mak")).toEqual(["Make a token"]);
  expect(found("mktok")).toEqual(["Make a token"]);
  expect(found("OVW")).toEqual(["Overview"]);
});

test("what lacks a letter is not found", () => {
  expect(matchScore("keyz", "Keys")).toBeUndefined();
  expect(found("zzz")).toEqual([]);
});

test("signs of regular expressions are letters like others", () => {
  expect(matchScore("(.*", "a(.*b")).toBeGreaterThan(0);
  expect(matchScore(".*", "anything")).toBeUndefined();
});

test("no more are given than are wanted", () => {
  expect(fuzzySearch("", NAMES, (name) => name, 2)).toHaveLength(2);
});
