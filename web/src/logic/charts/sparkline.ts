/**
 * The outline of columns from left to right as an SVG path in a box of `width` by `height`, the
 * highest value at the top, its area closed at the bottom. Empty where all is 0.
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
