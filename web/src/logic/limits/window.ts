/** The usual units of a window with their seconds. */
export const WINDOW_UNITS = [
  ["second", 1],
  ["minute", 60],
  ["hour", 3_600],
  ["day", 86_400],
] as const;

export type WindowUnit = (typeof WINDOW_UNITS)[number][0];

/** A window in a form: a unit, or a custom number of units. */
export interface WindowChoice {
  readonly unit: WindowUnit | "custom";
  readonly count: string;
  readonly of: WindowUnit;
}

export const MAX_WINDOW = 365 * 86_400;
export const MAX_LIMIT = 1_000_000_000;

/** The form values for a window in seconds. */
export function windowChoice(seconds: number): WindowChoice {
  const exact = WINDOW_UNITS.find(([, size]) => size === seconds);
  if (exact !== undefined) {
    return { unit: exact[0], count: "1", of: exact[0] };
  }
  const [of, size] = WINDOW_UNITS.findLast(([, each]) => seconds % each === 0) ?? WINDOW_UNITS[0];
  return { unit: "custom", count: String(seconds / size), of };
}

/** The window in seconds, or an error message. */
export function windowSeconds({ unit, count, of }: WindowChoice): number | string {
  if (unit !== "custom") {
    return sizeOf(unit);
  }
  const number = wholeNumber(count);
  if (number === null || number < 1) {
    return "Enter a whole number, 1 or more.";
  }
  const seconds = number * sizeOf(of);
  return seconds > MAX_WINDOW ? "At most 365 days." : seconds;
}

/** Parse a limit such as "10,000", or return an error message. */
export function parseLimit(text: string): number | string {
  const number = wholeNumber(text);
  if (number === null || number < 1) {
    return "Enter a whole number of requests, 1 or more.";
  }
  return number > MAX_LIMIT ? "At most 1,000,000,000 requests." : number;
}

function wholeNumber(text: string): number | null {
  const digits = text.replaceAll(/[\s,_]/g, "");
  return /^\d+$/.test(digits) ? Number(digits) : null;
}

function sizeOf(unit: WindowUnit): number {
  return WINDOW_UNITS.find(([name]) => name === unit)?.[1] ?? 1;
}
