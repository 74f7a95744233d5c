/** One quantity over time. */
export interface Line {
  readonly name: string;
  /** The colour of the style sheet: `--chart-1` to `--chart-4`. */
  readonly tone: 1 | 2 | 3 | 4;
  readonly values: readonly (number | null)[];
}

/** What a chart shows: quantities in columns of `step` seconds from `start` to `end`. */
export interface ChartData {
  /** Bars stand on top of each other, lines beside. */
  readonly kind: "bars" | "lines";
  readonly start: number;
  readonly end: number;
  readonly step: number;
  /** The beginning of each column; epoch seconds. */
  readonly starts: readonly number[];
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
  /** The same for the axis, where there is little room. */
  readonly formatTick: (value: number) => string;
  /** The axis is at least this high. */
  readonly minTop: number;
}

/** What a line's value in a column is; a dash where it is not known. */
export function valueOf(line: Line, column: number, data: ChartData): string {
  const value = line.values[column] ?? null;
  return value === null ? "–" : data.format(value);
}
