import { durationText } from "../format/time";

const NEVER = "never";

// Seconds; any other between five minutes and thirty days may come from the API.
const USUAL: readonly (readonly [value: string, text: string])[] = [
  [NEVER, "Never"],
  ["3600", "Every hour"],
  ["21600", "Every 6 hours"],
  ["86400", "Every day"],
  ["604800", "Every week"],
];

/** How a schedule is chosen: its seconds as a text. */
export function scheduleChoice(every: number | null): string {
  return every === null ? NEVER : String(every);
}

/** The schedule's seconds; null for none. */
export function scheduleSeconds(choice: string): number | null {
  return choice === NEVER ? null : Number(choice);
}

/** What is offered; a schedule that is none of the usual ones stands among them. */
export function scheduleChoices(
  every: number | null,
): readonly (readonly [value: string, text: string])[] {
  const value = scheduleChoice(every);
  return every === null || USUAL.some(([usual]) => usual === value)
    ? USUAL
    : [...USUAL, [value, `Every ${durationText(every)}`]];
}
