import { bytes, pluralize, number } from "../format/numbers";
import { type Limit, policyOf, type Quota } from "./quota";
import { countdown } from "../format/time";

/** The condition of a limit. */
export type LimitCondition = "exhausted" | "running-out" | "low" | "fine" | "unknown";

// A limit with a smaller remaining share is low.
const LOW_SHARE = 0.1;
// Seconds. A limit without a reset is fine if it lasts longer than this.
const FORECAST_HORIZON = 86_400;
// Seconds, as in the API: older reports say nothing about the current consumption rate.
const STALE_AFTER = 600;
const ORDER: readonly LimitCondition[] = ["exhausted", "running-out", "low", "fine", "unknown"];

/** The condition of a limit at `now`, for which it was computed (see `asOf`). */
export function limitCondition(limit: Limit, now: number): LimitCondition {
  if (limit.remaining === 0) {
    return "exhausted";
  }
  if (limit.remaining === null) {
    return "unknown";
  }
  if (
    limit.exhausts_at !== null &&
    (limit.reset_at ?? now + FORECAST_HORIZON) > limit.exhausts_at
  ) {
    return "running-out";
  }
  const share = remainingShare(limit);
  return share !== null && share < LOW_SHARE ? "low" : "fine";
}

/** The remaining share, 0 to 1; null if it is not known. */
export function remainingShare(limit: Limit): number | null {
  if (limit.remaining === null || limit.limit === null || limit.limit <= 0) {
    return null;
  }
  return Math.min(1, Math.max(0, limit.remaining / limit.limit));
}

/** Whether the upstream's report is so old that other clients may have used the key since. */
export function isStale({ seen_at }: Limit, now: number): boolean {
  return seen_at !== null && now - seen_at > STALE_AFTER;
}

/** Whether nothing is left: every key or the policy is exhausted. */
export function isExhausted(quota: Quota): boolean {
  return quota.exhausted_until !== null || policyOf(quota)?.remaining === 0;
}

/** Sort quotas by urgency, then by name. */
export function byUrgency<Q extends Quota>(quotas: readonly Q[], now: number): Q[] {
  const rank = (quota: Quota) => (isExhausted(quota) ? -1 : Math.min(...ranks(quota, now)));
  return [...quotas].sort(
    (a, b) => rank(a) - rank(b) || (a.api_name < b.api_name ? -1 : a.api_name > b.api_name ? 1 : 0),
  );
}

function ranks({ limits, refused_keys }: Quota, now: number): number[] {
  const [fine, low] = [ORDER.indexOf("fine"), ORDER.indexOf("low")];
  const ofLimits = limits.map((limit) => {
    const passed = limit.exhausted_until === null ? fine : low;
    // An unknown condition is no worse than a fine one.
    return Math.min(fine, passed, ORDER.indexOf(limitCondition(limit, now)));
  });
  return [refused_keys.length > 0 ? low : fine, ...ofLimits];
}

/** The `most` limits to show first: the policy, and those that run out first. */
export function tightest(limits: readonly Limit[], most: number, now: number): Set<Limit> {
  const shown = limits.filter(({ name }) => name !== "retry-after");
  if (shown.length <= most + 1) {
    return new Set(shown); // hiding a single limit saves no space
  }
  const order = (limit: Limit) =>
    limit.source === "policy" ? -1 : ORDER.indexOf(limitCondition(limit, now));
  const left = (limit: Limit) => remainingShare(limit) ?? 1;
  return new Set(
    [...shown].sort((a, b) => order(a) - order(b) || left(a) - left(b)).slice(0, most),
  );
}

/** The title of a limit: "Your policy", "Tokens", "Search". */
export function limitTitle(limit: Limit): string {
  if (limit.source === "policy") {
    return "Your policy";
  }
  const name = (limit.name === "default" ? limit.unit : limit.name).replaceAll(/[-_]+/g, " ");
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** An amount with its unit: "1 request", "640 tokens", "12 complexity", "1.2 MB". */
export function formatAmount(value: number, unit: string): string {
  const words = unit.replaceAll("-", " ");
  if (unit.endsWith("bytes")) {
    return bytes(value);
  }
  return words.endsWith("s") ? pluralize(value, words.slice(0, -1)) : `${number(value)} ${words}`;
}

/** A remaining amount, without the unit if the total shows it. */
export function formatRemaining(value: number, unit: string): string {
  return unit.endsWith("bytes") ? bytes(value) : number(value);
}

/** What to expect of a limit at the current consumption rate. `now` in epoch seconds. */
export function forecast(limit: Limit, now: number): string {
  switch (limitCondition(limit, now)) {
    case "exhausted":
      return "Exhausted";
    case "unknown":
      return "Known after the next call";
    case "running-out": {
      const left = (limit.exhausts_at ?? now) - now;
      return left > 0 ? `Runs out in ${countdown(left)}` : "May run out any moment";
    }
    default:
      if (limit.pace === null) {
        return isStale(limit, now) ? "No recent calls" : "Rate not known yet";
      }
      if (limit.pace === 0) {
        return "Not in use";
      }
      return limit.reset_at === null ? "Lasts longer than a day" : "Lasts until it resets";
  }
}

const STEPS = [
  [1, "per second"],
  [60, "per minute"],
  [3_600, "per hour"],
  [86_400, "per day"],
] as const;

/**
 * A consumption rate per second, minute, hour or day, whichever is at least 1: "3 per second", "12
 * per hour".
 */
export function consumptionRateText(pace: number, unit: string): string {
  for (const [size, words] of STEPS) {
    if (pace * size >= 1) {
      return `${formatRemaining(Math.round(pace * size), unit)} ${words}`;
    }
  }
  return `less than ${formatRemaining(1, unit)} per day`;
}
