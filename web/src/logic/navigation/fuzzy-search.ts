// The score of a letter: at the start of a word, directly after the previous match, or anywhere.
const AT_BEGINNING = 8;
const IN_A_ROW = 5;
const ANYWHERE = 1;

/**
 * How well `text` matches the typed words; higher is better, undefined if a letter is missing. The
 * letters of a word must appear in order, the words may appear in any order.
 */
export function matchScore(typed: string, text: string): number | undefined {
  let sum = 0;
  for (const word of typed.toLowerCase().split(/\s+/).filter(Boolean)) {
    const points = wordScore(word, text.toLowerCase());
    if (points === undefined) {
      return undefined;
    }
    sum += points;
  }
  // Prefer the shorter of two equal matches.
  return sum - text.length / 100;
}

/** The matching items, best first; all items in their order if nothing was typed. */
export function fuzzySearch<Item>(
  typed: string,
  all: readonly Item[],
  textOf: (item: Item) => string,
  most: number,
): Item[] {
  if (typed.trim() === "") {
    return all.slice(0, most);
  }
  return all
    .map((item) => ({ item, points: matchScore(typed, textOf(item)) }))
    .filter((found): found is { item: Item; points: number } => found.points !== undefined)
    .sort((a, b) => b.points - a.points)
    .slice(0, most)
    .map(({ item }) => item);
}

function wordScore(word: string, text: string): number | undefined {
  const whole = text.indexOf(word);
  if (whole !== -1) {
    const beginnings = [...text.matchAll(/(?<![\p{L}\p{N}])[\p{L}\p{N}]/gu)];
    const begins = beginnings.some(({ index }) => text.startsWith(word, index));
    return word.length * (begins ? AT_BEGINNING : IN_A_ROW);
  }
  let points = 0;
  let last = -2;
  for (const letter of word) {
    const at = text.indexOf(letter, last + 1);
    if (at === -1) {
      return undefined;
    }
    points += at === last + 1 ? IN_A_ROW / 2 : ANYWHERE;
    last = at;
  }
  return points;
}
