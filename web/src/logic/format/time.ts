const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "always" });
const DAY = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
const MINUTE = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const FULL = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });

/** "3 minutes ago", "in 2 hours", "just now". Both in epoch seconds. */
export function ago(at: number, now: number): string {
  const distance = at - now;
  for (const [unit, seconds] of UNITS) {
    if (Math.abs(distance) >= seconds) {
      return RELATIVE.format(Math.trunc(distance / seconds), unit);
    }
  }
  return Math.abs(distance) < 10 ? "just now" : RELATIVE.format(Math.trunc(distance), "second");
}

/** A date and time in local format; epoch seconds. */
export function fullTime(at: number): string {
  return FULL.format(at * 1000);
}

/** A date and time without seconds in local format; epoch seconds. */
export function formatMinute(at: number): string {
  return MINUTE.format(at * 1000);
}

/** A date such as "Nov 23, 2026"; epoch seconds. */
export function formatDay(at: number): string {
  return DAY.format(at * 1000);
}

/**
 * The remaining time in at most two units: "4 s", "2:05 min", "3 h 12 min", "2 d 4 h". Seconds.
 */
export function countdown(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) {
    return `${whole} s`;
  }
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) {
    return `${minutes}:${String(whole % 60).padStart(2, "0")} min`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 24
    ? `${hours} h ${minutes % 60} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const SPANS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** A duration in its largest exact unit: "minute", "5 minutes", "90 seconds". Seconds. */
export function durationText(seconds: number): string {
  for (const [unit, size] of SPANS) {
    if (seconds >= size && seconds % size === 0) {
      const count = seconds / size;
      return count === 1 ? unit : `${count} ${unit}s`;
    }
  }
  return `${seconds} seconds`;
}
