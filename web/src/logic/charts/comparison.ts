import type { Column } from "./series";

/** How a number of now stands to that of the period before. */
export interface Change {
  readonly direction: "up" | "down" | "same";
  /** "12%", "3.4×"; null where there was nothing before. */
  readonly by: string | null;
}

// From this factor on, times are easier to read than per cent.
const TIMES = 3;

/**
 * The sums of two periods of the same length without the last column of either: the present hour or
 * day is not over, and would make every period look quiet beside the one before.
 */
export function completedTotals(columns: readonly Column[]): { requests: number; errors: number } {
  const done = columns.length > 1 ? columns.slice(0, -1) : columns;
  return {
    requests: done.reduce((sum, column) => sum + column.requests, 0),
    errors: done.reduce((sum, column) => sum + column.errors, 0),
  };
}

/** From one number to another; null where there is nothing to compare. */
export function compareCounts(before: number, now: number): Change | null {
  if (before === 0) {
    return now === 0 ? null : { direction: "up", by: null };
  }
  const ratio = now / before;
  const percent = Math.round(Math.abs(ratio - 1) * 100);
  if (percent === 0) {
    return { direction: "same", by: null };
  }
  return {
    direction: ratio > 1 ? "up" : "down",
    by: ratio >= TIMES ? `${ratio.toFixed(1)}×` : `${percent}%`,
  };
}
