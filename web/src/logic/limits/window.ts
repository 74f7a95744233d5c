/** Spans in which people think of a limit, with their seconds. */
export const WINDOW_UNITS = [
  ["second", 1],
  ["minute", 60],
  ["hour", 3_600],
  ["day", 86_400],
] as const;

export type WindowUnit = (typeof WINDOW_UNITS)[number][0];

/** A window as it is chosen in a form: a unit alone, or a number of units of one's own. */
export interface WindowChoice {
  readonly unit: WindowUnit | "custom";
  readonly count: string;
  readonly of: WindowUnit;
}

export const MAX_WINDOW = 365 * 86_400;
export const MAX_LIMIT = 1_000_000_000;

/** How a window of seconds is chosen. */
export function windowChoice(seconds: number): WindowChoice {
  const exact = WINDOW_UNITS.find(([, size]) => size === seconds);
  if (exact !== undefined) {
    return { unit: exact[0], count: "1", of: exact[0] };
  }
  const [of, size] = WINDOW_UNITS.findLast(([, each]) => seconds % each === 0) ?? WINDOW_UNITS[0];
  return { unit: "custom", count: String(seconds / size), of };
}

/** The window's seconds, or a sentence that says what is wrong with the choice. */
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

/** A limit as it was typed, "10,000" too; or a sentence that says what is wrong with it. */
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
