import { bytes, pluralize, number } from "../format/numbers";
import { type Limit, policyOf, type Quota } from "./quota";
import { countdown } from "../format/time";

/** How a limit stands. */
export type LimitCondition = "exhausted" | "running-out" | "low" | "fine" | "unknown";

// The part of a limit below which little is left.
const LOW_SHARE = 0.1;
// Seconds. Without a reset, what lasts longer than this is no matter of today.
const FORECAST_HORIZON = 86_400;
// Seconds, as for the API: what was seen longer ago tells no pace of the present.
const STALE_AFTER = 600;
const ORDER: readonly LimitCondition[] = ["exhausted", "running-out", "low", "fine", "unknown"];

/** How a limit stands at `now`, as of which it is (see `asOf`). */
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

/** What is left of the whole, 0 to 1; null where either is not known. */
export function remainingShare(limit: Limit): number | null {
  if (limit.remaining === null || limit.limit === null || limit.limit <= 0) {
    return null;
  }
  return Math.min(1, Math.max(0, limit.remaining / limit.limit));
}

/** Whether what the upstream said is so old that others may have used the key since. */
export function isStale({ seen_at }: Limit, now: number): boolean {
  return seen_at !== null && now - seen_at > STALE_AFTER;
}

/** Whether calls of an API are refused now: every key, or the user's own limit, is used up. */
export function isStopped(quota: Quota): boolean {
  return quota.exhausted_until !== null || policyOf(quota)?.remaining === 0;
}

/** The quotas with what needs a look first; within the same condition by name. */
export function byUrgency<Q extends Quota>(quotas: readonly Q[], now: number): Q[] {
  const rank = (quota: Quota) => (isStopped(quota) ? -1 : Math.min(...ranks(quota, now)));
  return [...quotas].sort(
    (a, b) => rank(a) - rank(b) || (a.api_name < b.api_name ? -1 : a.api_name > b.api_name ? 1 : 0),
  );
}

function ranks({ limits, refused_keys }: Quota, now: number): number[] {
  const [fine, low] = [ORDER.indexOf("fine"), ORDER.indexOf("low")];
  const ofLimits = limits.map((limit) => {
    const passed = limit.exhausted_until === null ? fine : low;
    // What is not known is no worse than what is fine.
    return Math.min(fine, passed, ORDER.indexOf(limitCondition(limit, now)));
  });
  return [refused_keys.length > 0 ? low : fine, ...ofLimits];
}

/**
 * The limits that are shown where there are more than `most`: the user's own, and those that end
 * first.
 */
export function tightest(limits: readonly Limit[], most: number, now: number): Set<Limit> {
  const shown = limits.filter(({ name }) => name !== "retry-after");
  if (shown.length <= most + 1) {
    return new Set(shown); // to hide a single one saves no room
  }
  const order = (limit: Limit) =>
    limit.source === "policy" ? -1 : ORDER.indexOf(limitCondition(limit, now));
  const left = (limit: Limit) => remainingShare(limit) ?? 1;
  return new Set(
    [...shown].sort((a, b) => order(a) - order(b) || left(a) - left(b)).slice(0, most),
  );
}

/** What a limit is called: "Your policy", "Tokens", "Search". */
export function limitTitle(limit: Limit): string {
  if (limit.source === "policy") {
    return "Your policy";
  }
  const name = (limit.name === "default" ? limit.unit : limit.name).replaceAll(/[-_]+/g, " ");
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** A number of units: "1 request", "640 tokens", "12 complexity", "1.2 MB". */
export function formatAmount(value: number, unit: string): string {
  const words = unit.replaceAll("-", " ");
  if (unit.endsWith("bytes")) {
    return bytes(value);
  }
  return words.endsWith("s") ? pluralize(value, words.slice(0, -1)) : `${number(value)} ${words}`;
}

/** What is left, without the unit where that stands with the whole. */
export function formatRemaining(value: number, unit: string): string {
  return unit.endsWith("bytes") ? bytes(value) : number(value);
}

/** What to expect of a limit at the present pace, in a few words. `now` in epoch seconds. */
export function forecast(limit: Limit, now: number): string {
  switch (limitCondition(limit, now)) {
    case "exhausted":
      return "Used up";
    case "unknown":
      return "Known after the next call";
    case "running-out": {
      const left = (limit.exhausts_at ?? now) - now;
      return left > 0 ? `Runs out in ${countdown(left)}` : "Runs out at any moment";
    }
    default:
      if (limit.pace === null) {
        return isStale(limit, now) ? "No calls of late" : "Pace not known yet";
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
export function consumptionRateText(pace: number, unit: string): string {
  for (const [size, words] of STEPS) {
    if (pace * size >= 1) {
      return `${formatRemaining(Math.round(pace * size), unit)} ${words}`;
    }
  }
  return `less than ${formatRemaining(1, unit)} a day`;
}
