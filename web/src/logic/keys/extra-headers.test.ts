import { expect, test } from "vitest";
import {
  changedHeaders,
  type HeaderDraft,
  headerDrafts,
  NEW_HEADER,
  newHeaders,
} from "./extra-headers";

const STORED = [{ name: "DD-APPLICATION-KEY", hint: "…89cd" }];
const KNOWN = [
  { name: "dd-application-key", required: false },
  { name: "X-Other", required: true },
];

/** The drafts of a key, with new secrets by name. */
function drafts(secrets: Readonly<Record<string, string>>, stored = STORED): HeaderDraft[] {
  return headerDrafts(stored, KNOWN).map((draft) => ({
    ...draft,
    secret: secrets[draft.name] ?? "",
  }));
}

test("stored headers come first, and the catalogue adds those that are missing", () => {
  expect(headerDrafts(STORED, KNOWN)).toEqual([
    { name: "DD-APPLICATION-KEY", secret: "", hint: "…89cd", known: true, required: true },
    { name: "X-Other", secret: "", hint: null, known: true, required: true },
  ]);
});

test("a new key has the headers with a secret, trimmed", () => {
  const added = { ...NEW_HEADER, name: " X-Mine ", secret: "b" };
  expect(newHeaders([...drafts({ "dd-application-key": " a " }, []), added])).toEqual([
    { name: "dd-application-key", secret: "a" },
    { name: "X-Mine", secret: "b" },
  ]);
});

test("headers that did not change are not sent", () => {
  expect(changedHeaders(drafts({}), STORED)).toBeUndefined();
});

test("a change names every header, and only new secrets", () => {
  expect(changedHeaders([], STORED)).toEqual([]);
  expect(changedHeaders(drafts({ "DD-APPLICATION-KEY": "c" }), STORED)).toEqual([
    { name: "DD-APPLICATION-KEY", secret: "c" },
  ]);
  expect(changedHeaders(drafts({ "X-Other": "d" }), STORED)).toEqual([
    { name: "DD-APPLICATION-KEY" },
    { name: "X-Other", secret: "d" },
  ]);
});
