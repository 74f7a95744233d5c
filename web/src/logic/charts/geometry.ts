/** The size of a chart in pixels from the top left. All columns have the same width. */
export interface ChartFrame {
  readonly width: number;
  readonly height: number;
  readonly columns: number;
  /** The value at the top edge; the bottom edge is 0. */
  readonly top: number;
}

type Values = readonly (number | null)[];

// The share of a column that its bar fills, and the bar's widest and narrowest width in pixels.
const BAR = 0.76;
const WIDEST = 28;
const THINNEST = 1;
// Pixels: a little more than the mean width of a character in an axis label.
const LABEL_CHARACTER = 7;

/** About `wanted` whole numbers for axis ticks, from 0 to the first one at or above `most`. */
export function valueTicks(most: number, wanted: number): number[] {
  const rough = Math.max(most, 1) / wanted;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const even = [1, 2, 5, 10].find((step) => step * magnitude >= rough) ?? 10;
  const step = Math.max(1, even * magnitude);
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, n) => n * step);
}

/** The highest value of lines, or of stacked columns. */
export function maxValue(lines: readonly Values[], stacked: boolean): number {
  return stacked
    ? Math.max(0, ...sums(lines, lines.length))
    : Math.max(0, ...lines.flat().map((value) => value ?? 0));
}

/** The horizontal centre of a column. */
export function columnCenter({ width, columns }: ChartFrame, column: number): number {
  return ((column + 0.5) * width) / columns;
}

/**
 * Where the label of a tick at `x` goes: centred below it, or at the edge of the chart if it would
 * be cut off there.
 */
export function labelPlace(
  width: number,
  x: number,
  label: string,
): { x: number; anchor: "start" | "middle" | "end" } {
  const half = (label.length * LABEL_CHARACTER) / 2;
  if (x > width - half) {
    return { x: width, anchor: "end" };
  }
  return x < half ? { x: 0, anchor: "start" } : { x, anchor: "middle" };
}

/** The column at a horizontal position, or the nearest one. */
export function columnAt({ width, columns }: ChartFrame, x: number): number {
  return Math.min(columns - 1, Math.max(0, Math.floor((x / width) * columns)));
}

/** The vertical position of a value. */
export function valueY({ height, top }: ChartFrame, value: number): number {
  return height - (value / top) * height;
}

/** An SVG path of the bars of the line at `position`, stacked on those before it. */
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

/** An SVG path through the centres of columns, with gaps for missing values. */
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

/** The columns whose value stands between gaps, so that no line shows it. */
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
