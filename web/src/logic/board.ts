import { counted, number } from "./format";
import type { Limit, Quota } from "./quota";
import { countdown } from "./time";

/** How a limit stands. */
export type Condition = "used-up" | "running-out" | "low" | "fine" | "unknown";

// The part of a limit below which little is left.
const LITTLE = 0.1;
// Seconds. Without a reset, what lasts longer than this is no matter of today.
const SOON = 86_400;
const ORDER: readonly Condition[] = ["used-up", "running-out", "low", "fine", "unknown"];

/** A limit as it stands at `now`, which may be later than when it was read. */
export function asOf(limit: Limit, now: number): Limit {
  const spent = limit.exhausted_until;
  const exhausted_until = spent !== null && spent > now ? spent : null;
  if (limit.reset_at === null || limit.reset_at > now) {
    return { ...limit, exhausted_until };
  }
  // The user's own windows follow each other; when the upstream's next one ends it has to say.
  const whole = limit.source === "policy" ? limit.limit : null;
  return { ...limit, exhausted_until, remaining: whole, reset_at: null, exhausts_at: null };
}

/** How a limit stands at `now`, as which it has been read (see `asOf`). */
export function conditionOf(limit: Limit, now: number): Condition {
  if (limit.exhausted_until !== null || limit.remaining === 0) {
    return "used-up";
  }
  if (limit.remaining === null) {
    return "unknown";
  }
  if (limit.exhausts_at !== null && (limit.reset_at ?? now + SOON) > limit.exhausts_at) {
    return "running-out";
  }
  const share = shareLeft(limit);
  return share !== null && share < LITTLE ? "low" : "fine";
}

/** What is left of the whole, 0 to 1; null where either is not known. */
export function shareLeft(limit: Limit): number | null {
  if (limit.remaining === null || limit.limit === null || limit.limit <= 0) {
    return null;
  }
  return Math.min(1, Math.max(0, limit.remaining / limit.limit));
}

/** The worst condition among limits; what is not known is no worse than what is fine. */
export function worst(limits: readonly Limit[], now: number): Condition {
  const conditions = new Set(limits.map((limit) => conditionOf(limit, now)));
  return ORDER.find((condition) => conditions.has(condition)) ?? "unknown";
}

/** The quotas with what needs a look first; within the same condition by name. */
export function byUrgency(quotas: readonly Quota[], now: number): Quota[] {
  const rank = (quota: Quota) => {
    const condition = worst(quota.limits, now);
    return condition === "unknown" ? ORDER.indexOf("fine") : ORDER.indexOf(condition);
  };
  return [...quotas].sort(
    (a, b) => rank(a) - rank(b) || (a.api_name < b.api_name ? -1 : a.api_name > b.api_name ? 1 : 0),
  );
}

/** What a limit is called: "Your policy", "Tokens", "Search". */
export function titleOf(limit: Limit): string {
  if (limit.source === "policy") {
    return "Your policy";
  }
  if (limit.name === "retry-after") {
    return "Asked to wait";
  }
  const name = limit.name === "default" ? limit.unit : limit.name;
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** A number of units: "1 request", "640 tokens", "12 complexity". */
export function amount(value: number, unit: string): string {
  return unit.endsWith("s") ? counted(value, unit.slice(0, -1)) : `${number(value)} ${unit}`;
}

/** What to expect of a limit at the present pace, in a few words. `now` in epoch seconds. */
export function outlook(limit: Limit, now: number): string {
  switch (conditionOf(limit, now)) {
    case "used-up":
      return limit.exhausted_until === null ? "Used up" : "Key is passed over";
    case "unknown":
      return "Known after the next call";
    case "running-out":
      return `Runs out in ${countdown((limit.exhausts_at ?? now) - now)}`;
    default:
      if (limit.pace === null) {
        return "Pace not known yet";
      }
      if (limit.pace === 0) {
        return "Not in use";
      }
      return limit.reset_at === null ? "Lasts longer than a day" : "Lasts until its reset";
  }
}

const STEPS = [
  [1, "a second"],
  [60, "a minute"],
  [3_600, "an hour"],
  [86_400, "a day"],
] as const;

/** A pace in the shortest step in which it makes a unit: "3 a second", "12 an hour". */
export function paceInWords(pace: number): string {
  for (const [size, words] of STEPS) {
    if (pace * size >= 1) {
      return `${number(Math.round(pace * size))} ${words}`;
    }
  }
  return "less than 1 a day";
}
