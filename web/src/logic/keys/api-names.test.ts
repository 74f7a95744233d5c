import { expect, test } from "vitest";
import { isApiName, suggestApi } from "./api-names";

test.each(["openai", "a", "0-a_b", "x".repeat(48)])("%j is an API name", (name) => {
  expect(isApiName(name)).toBe(true);
});

test.each(["", "OpenAI", "My API", "-a", "_a", "a.b", "a\n", "é", "x".repeat(49)])(
  "%j is not an API name",
  (name) => {
    expect(isApiName(name)).toBe(false);
  },
);

test("a name that differs in case is suggested from the keys or the catalogue", () => {
  expect(suggestApi("OpenAI", ["openai"], ["openai"])).toEqual({ name: "openai", stored: true });
  expect(suggestApi("GitHub", ["openai"], ["github"])).toEqual({ name: "github", stored: false });
});

test.each(["openai", "Maps", "OpenAI "])("nothing is suggested for %j", (name) => {
  expect(suggestApi(name, ["openai"], ["github"])).toBeUndefined();
});
