export type LineAction = "import" | "keep" | "duplicate" | "refuse";

/** As much of a line's finding as is needed to count and sort it. */
export interface PlannedLine {
  readonly action: LineAction;
  readonly name: string | null;
}

/** How many lines of each kind there are. */
export function countActions(lines: readonly PlannedLine[]): Record<LineAction, number> {
  const counts: Record<LineAction, number> = { import: 0, keep: 0, duplicate: 0, refuse: 0 };
  for (const { action } of lines) {
    counts[action] += 1;
  }
  return counts;
}

/** "Import 2", "1 duplicate", "7 stay": a count with its action. */
export function countText(action: LineAction, count: number): string {
  switch (action) {
    case "import":
      return `Import ${count}`;
    case "keep":
      return `${count} ${count === 1 ? "stays" : "stay"}`;
    case "duplicate":
      return `${count} ${count === 1 ? "duplicate" : "duplicates"}`;
    case "refuse":
      return `${count} refused`;
  }
}

/** Whether a line is worth reading: comments and empty lines, which stay as they are, are not. */
export function isNoteworthy({ action, name }: PlannedLine): boolean {
  return action !== "keep" || name !== null;
}

// Numbers that are read as a list; of more the rest is counted.
const NAMED = 8;
const LIST = new Intl.ListFormat("en");

/** "Line 5 is", "Lines 2, 5, and 9 are": the lines that are refused; undefined where none is. */
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

/** Which of the stored APIs an import has just filled, each once, in the order of the file. */
export function importedApis(keys: readonly { readonly api_name: string }[]): string[] {
  return [...new Set(keys.map((key) => key.api_name))];
}
