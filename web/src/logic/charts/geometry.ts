/** The geometry of charts, in pixels from the upper left. Every column has the same width. */
export interface ChartFrame {
  readonly width: number;
  readonly height: number;
  readonly columns: number;
  /** The value at the upper edge; 0 is at the lower one. */
  readonly top: number;
}

type Values = readonly (number | null)[];

// The part of a column that its bar takes, and what it takes at most and at least in pixels.
const BAR = 0.76;
const WIDEST = 28;
const THINNEST = 1;

/** Whole numbers to mark from 0 on, about `wanted` of them, the last one at or above `most`. */
export function valueTicks(most: number, wanted: number): number[] {
  const rough = Math.max(most, 1) / wanted;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const even = [1, 2, 5, 10].find((step) => step * magnitude >= rough) ?? 10;
  const step = Math.max(1, even * magnitude);
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, n) => n * step);
}

/** The highest value of lines, or of columns that stand on top of each other. */
export function maxValue(lines: readonly Values[], stacked: boolean): number {
  return stacked
    ? Math.max(0, ...sums(lines, lines.length))
    : Math.max(0, ...lines.flat().map((value) => value ?? 0));
}

/** The middle of a column. */
export function columnCenter({ width, columns }: ChartFrame, column: number): number {
  return ((column + 0.5) * width) / columns;
}

/** The column at a distance from the left; the nearest one outside of the chart. */
export function columnAt({ width, columns }: ChartFrame, x: number): number {
  return Math.min(columns - 1, Math.max(0, Math.floor((x / width) * columns)));
}

/** The height of a value. */
export function valueY({ height, top }: ChartFrame, value: number): number {
  return height - (value / top) * height;
}

/** The bars of the line at `position`, on top of those before it; an SVG path. */
export function barsPath(frame: ChartFrame, lines: readonly Values[], position: number): string {
  const each = frame.width / frame.columns;
  const wide = Math.min(WIDEST, Math.max(THINNEST, each * BAR));
  const below = sums(lines, position);
  return (lines[position] ?? [])
    .map((value, column) => {
      if (value === null || value === 0) {
        return "";
      }
      const from = valueY(frame, below[column] ?? 0);
      const to = valueY(frame, (below[column] ?? 0) + value);
      const left = columnCenter(frame, column) - wide / 2;
      return `M${short(left)} ${short(from)}V${short(to)}h${short(wide)}V${short(from)}Z`;
    })
    .join("");
}

/** A line through the middles of columns as an SVG path, with gaps where nothing is known. */
export function linePath(frame: ChartFrame, values: Values): string {
  let known = false;
  return values
    .map((value, column) => {
      const before = known;
      known = value !== null;
      if (value === null) {
        return "";
      }
      const point = `${short(columnCenter(frame, column))} ${short(valueY(frame, value))}`;
      return `${before ? "L" : "M"}${point}`;
    })
    .join("");
}

/** The columns whose value stands alone between gaps: no line shows them. */
export function isolatedColumns(values: Values): number[] {
  return values.flatMap((value, column) => {
    const beside = [values[column - 1] ?? null, values[column + 1] ?? null];
    return value !== null && beside.every((other) => other === null) ? [column] : [];
  });
}

function sums(lines: readonly Values[], count: number): number[] {
  return (lines[0] ?? []).map((_, column) =>
    lines.slice(0, count).reduce((sum, values) => sum + (values[column] ?? 0), 0),
  );
}

function short(value: number): number {
  return Math.round(value * 10) / 10;
}
