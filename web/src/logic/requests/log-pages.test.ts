import { expect, test } from "vitest";
import { mergeNewEntries } from "./log-pages";

const entry = (at: number) => ({ request_id: `r${at}`, at });
const times = (pages: readonly (readonly { at: number }[])[]) =>
  pages.map((page) => page.map(({ at }) => at));

test("new entries come first, known entries are not repeated", () => {
  const pages = [[entry(5), entry(4)], [entry(3)]];
  const next = mergeNewEntries(pages, [entry(7), entry(5), entry(6)], 100);
  expect(times(next)).toEqual([[7, 6, 5, 4], [3]]);
  expect(next[1]).toBe(pages[1]);
});

test("an entry that ended late is sorted by its start", () => {
  const pages = [[entry(9), entry(8)], [entry(6), entry(4)], [entry(2)]];
  expect(times(mergeNewEntries(pages, [entry(5)], 100))).toEqual([[9, 8], [6, 5, 4], [2]]);
  expect(times(mergeNewEntries(pages, [entry(1)], 100)).at(-1)).toEqual([2, 1]);
});

test("without new entries, the pages stay the same objects", () => {
  const pages = [[entry(1)]];
  expect(mergeNewEntries(pages, [entry(1)], 100)).toBe(pages);
});

test("the first entry is added to an empty log", () => {
  expect(times(mergeNewEntries([[]], [entry(1)], 100))).toEqual([[1]]);
  expect(times(mergeNewEntries([], [entry(1)], 100))).toEqual([[1]]);
});

test("a page that grows too long is split, and its older part stays full", () => {
  const pages = [[entry(2), entry(1)]];
  expect(times(mergeNewEntries(pages, [entry(5), entry(4), entry(3)], 2))).toEqual([
    [5, 4, 3],
    [2, 1],
  ]);
});
