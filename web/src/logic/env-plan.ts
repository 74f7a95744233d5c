export type Action = "import" | "keep" | "duplicate" | "refuse";

/** As much of a line's finding as is needed to count and sort it. */
export interface Finding {
  readonly action: Action;
  readonly name: string | null;
}

/** How many lines of each kind there are. */
export function countActions(lines: readonly Finding[]): Record<Action, number> {
  const counts: Record<Action, number> = { import: 0, keep: 0, duplicate: 0, refuse: 0 };
  for (const { action } of lines) {
    counts[action] += 1;
  }
  return counts;
}

/** Whether a line is worth reading: comments and empty lines, which stay as they are, are not. */
export function tells({ action, name }: Finding): boolean {
  return action !== "keep" || name !== null;
}

/** Which of the stored APIs an import has just filled, each once, in the order of the file. */
export function importedApis(keys: readonly { readonly api_name: string }[]): string[] {
  return [...new Set(keys.map((key) => key.api_name))];
}
