export type LineAction = "import" | "keep" | "duplicate" | "refuse";

/** The part of a planned line that counting and sorting need. */
export interface PlannedLine {
  readonly action: LineAction;
  readonly name: string | null;
}

/** Count the lines by action. */
export function countActions(lines: readonly PlannedLine[]): Record<LineAction, number> {
  const counts: Record<LineAction, number> = { import: 0, keep: 0, duplicate: 0, refuse: 0 };
  for (const { action } of lines) {
    counts[action] += 1;
  }
  return counts;
}

/** A count with its action: "Import 2", "1 duplicate", "7 kept". */
export function countText(action: LineAction, count: number): string {
  switch (action) {
    case "import":
      return `Import ${count}`;
    case "keep":
      return `${count} kept`;
    case "duplicate":
      return `${count} ${count === 1 ? "duplicate" : "duplicates"}`;
    case "refuse":
      return `${count} rejected`;
  }
}

/** Whether to show a line: comments and blank lines, which are kept, are hidden. */
export function isNoteworthy({ action, name }: PlannedLine): boolean {
  return action !== "keep" || name !== null;
}

// The line numbers that are listed; further ones are counted.
const NAMED = 8;
const LIST = new Intl.ListFormat("en");

/** List the rejected lines: "Line 5 is", "Lines 2, 5, and 9 are"; undefined without any. */
export function rejectedLinesText(
  lines: readonly (PlannedLine & { readonly line: number })[],
): string | undefined {
  const numbers = lines.filter(({ action }) => action === "refuse").map(({ line }) => String(line));
  const more = numbers.length - NAMED;
  const named = more > 1 ? [...numbers.slice(0, NAMED), `${more} more`] : numbers;
  if (named.length < 2) {
    return named[0] === undefined ? undefined : `Line ${named[0]} is`;
  }
  return `Lines ${LIST.format(named)} are`;
}

/** The APIs of imported keys, each once, in the order of the file. */
export function importedApis(keys: readonly { readonly api_name: string }[]): string[] {
  return [...new Set(keys.map((key) => key.api_name))];
}
