/**
 * The outline of columns as an SVG path in a box of `width` by `height`, closed at the bottom. The
 * highest value reaches the top. Empty if all values are 0.
 */
export function sparkline(values: readonly number[], width: number, height: number): string {
  const most = Math.max(0, ...values);
  if (most === 0) {
    return "";
  }
  const step = width / values.length;
  const parts = [`M0 ${height}`];
  values.forEach((value, position) => {
    const top = round(height - (value / most) * height);
    parts.push(`V${top}`, `H${round((position + 1) * step)}`);
  });
  return `${parts.join("")}V${height}Z`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
