import type { Column } from "./series";

/** The change of a number since the previous period. */
export interface Change {
  readonly direction: "up" | "down" | "same";
  /** "12%", "3.4×"; null if the previous number was 0. */
  readonly by: string | null;
}

// From this factor on, a multiple is easier to read than a percentage.
const TIMES = 3;

/**
 * Sum the columns of a period except the last. The current hour or day is incomplete and would make
 * the period look quieter than the previous one.
 */
export function completedTotals(columns: readonly Column[]): { requests: number; errors: number } {
  const done = columns.length > 1 ? columns.slice(0, -1) : columns;
  return {
    requests: done.reduce((sum, column) => sum + column.requests, 0),
    errors: done.reduce((sum, column) => sum + column.errors, 0),
  };
}

/** Compare two numbers; null if both are 0. */
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
