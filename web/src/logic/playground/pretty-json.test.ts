import { expect, test } from "vitest";
import { jsonError, prettyJson } from "./pretty-json";

test.each([
  '{"a":[1,2,{"b":null}],"c":"x"}',
  '[[],{},[{}],""]',
  '"a string with { [ , : \\" \\\\"',
  '  {"deep" : { "er" : [ true , false ] } }  ',
  "17",
])("matches JSON.stringify: %s", (text) => {
  expect(prettyJson(text)).toBe(JSON.stringify(JSON.parse(text), null, 2));
});

test("digits, order and duplicates are kept", () => {
  expect(prettyJson('{"id":12345678901234567890,"x":1.0e2,"id":1}')).toBe(
    '{\n  "id": 12345678901234567890,\n  "x": 1.0e2,\n  "id": 1\n}',
  );
});

test.each(["", "{", "{a:1}", "<html>", "1 2", '{"a":1,}', '"\n"'])("is not JSON: %j", (text) => {
  expect(prettyJson(text)).toBeUndefined();
  expect(jsonError(text)).toMatch(/\.$/);
});

test("an error has its position", () => {
  expect(jsonError('{\n  "a": 1,\n  b: 2\n}')).toBe(
    "This is not valid JSON: check line 3, column 3.",
  );
});
