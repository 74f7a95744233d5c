import { durationText } from "../format/time";

const NEVER = "never";

// Seconds. The API accepts any interval from five minutes to thirty days.
const USUAL: readonly (readonly [value: string, text: string])[] = [
  [NEVER, "Never"],
  ["3600", "Every hour"],
  ["21600", "Every 6 hours"],
  ["86400", "Every day"],
  ["604800", "Every week"],
];

/** The option value of an interval in seconds; null for none. */
export function scheduleChoice(every: number | null): string {
  return every === null ? NEVER : String(every);
}

/** The interval in seconds of an option value; null for none. */
export function scheduleSeconds(choice: string): number | null {
  return choice === NEVER ? null : Number(choice);
}

/** The options, including the current interval if it is not one of the usual ones. */
export function scheduleChoices(
  every: number | null,
): readonly (readonly [value: string, text: string])[] {
  const value = scheduleChoice(every);
  return every === null || USUAL.some(([usual]) => usual === value)
    ? USUAL
    : [...USUAL, [value, `Every ${durationText(every)}`]];
}
