/** The part of a log entry that its position needs; `at` in epoch seconds. */
export interface TimedEntry {
  readonly request_id: string;
  readonly at: number;
}

/**
 * Insert new entries into the pages of a log, newest first. Unchanged pages stay the same objects.
 * A first page that reaches twice `size` is split.
 */
export function mergeNewEntries<Entry extends TimedEntry>(
  pages: readonly (readonly Entry[])[],
  arrived: readonly Entry[],
  size: number,
): readonly (readonly Entry[])[] {
  const known = new Set(pages.flatMap((page) => page.map((entry) => entry.request_id)));
  const added = new Map<number, Entry[]>();
  for (const entry of arrived) {
    if (!known.has(entry.request_id)) {
      known.add(entry.request_id);
      const found = pages.findIndex((page) => (page.at(-1)?.at ?? -1) <= entry.at);
      const page = found === -1 ? Math.max(0, pages.length - 1) : found;
      added.set(page, [...(added.get(page) ?? []), entry]);
    }
  }
  if (added.size === 0) {
    return pages;
  }
  const filled = (pages.length === 0 ? [[]] : pages).map((page, number) => {
    const more = added.get(number);
    return more === undefined ? page : [...more, ...page].sort((a, b) => b.at - a.at);
  });
  const first = filled[0] ?? [];
  if (first.length < 2 * size) {
    return filled;
  }
  const newest = first.length - size;
  return [first.slice(0, newest), first.slice(newest), ...filled.slice(1)];
}
