/** One value over time. */
export interface Line {
  readonly name: string;
  /** The colour: `--chart-1` to `--chart-4` of the style sheet. */
  readonly tone: 1 | 2 | 3 | 4;
  readonly values: readonly (number | null)[];
}

/** The data of a chart: values in columns of `step` seconds from `start` to `end`. */
export interface ChartData {
  /** Bars are stacked, lines are not. */
  readonly kind: "bars" | "lines";
  readonly start: number;
  readonly end: number;
  readonly step: number;
  /** The start of each column; epoch seconds. */
  readonly starts: readonly number[];
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
  /** A shorter format for the axis. */
  readonly formatTick: (value: number) => string;
  /** The lowest value at the top of the axis. */
  readonly minTop: number;
  /** Whose days the columns are: by default those of UTC. */
  readonly dayName?: string;
}

/** Format a line's value in a column; a dash if it is unknown. */
export function valueOf(line: Line, column: number, data: ChartData): string {
  const value = line.values[column] ?? null;
  return value === null ? "–" : data.format(value);
}
