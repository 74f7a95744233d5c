const WHOLE = new Intl.NumberFormat("en");
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

/** 12345 as "12,345". */
export function number(value: number): string {
  return WHOLE.format(value);
}

/** 12345 as "12.3K", for narrow places. */
export function shortNumber(value: number): string {
  return SHORT.format(value);
}

/** A share of a total as "4.2%"; "0%" of nothing. */
export function percent(part: number, whole: number): string {
  return PERCENT.format(whole === 0 ? 0 : part / whole);
}

/** Milliseconds as "87 ms" or "1.4 s"; a dash for null. */
export function milliseconds(value: number | null): string {
  if (value === null) {
    return "–";
  }
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}

/** Bytes as "512 B", "1.2 kB", "3.4 MB" (powers of 1,000). */
export function bytes(value: number): string {
  if (value < 1000) {
    return `${value} B`;
  }
  return value < 1_000_000 ? `${(value / 1000).toFixed(1)} kB` : `${(value / 1e6).toFixed(1)} MB`;
}

/** A count with its noun: "1 key", "3 keys". */
export function pluralize(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}
