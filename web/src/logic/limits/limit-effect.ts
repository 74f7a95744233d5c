import { pluralize } from "../format/numbers";
import { durationText } from "../format/time";

/** A limit of the user's own. */
export interface RateLimitPolicy {
  readonly limit: number;
  /** Seconds. */
  readonly window: number;
}

/** "100 requests per minute". */
export function policyText({ limit, window }: RateLimitPolicy): string {
  return `${pluralize(limit, "request")} per ${durationText(window)}`;
}

/** What happens when the user's own limit is used up. */
export function policyEffect(api: string): string {
  return `When it is used up, calls get 429 and the time to wait until the window ends. They never reach ${api}.`;
}

/** What happens when the API's own quota is used up, with that many keys in its pool. */
export function upstreamEffect(keys: number): string {
  if (keys > 1) {
    return `When one key’s quota is used up, another of the ${keys} keys takes over. When all are, calls get 429 until the first is ready again.`;
  }
  return "When it is used up, calls get 429 without reaching the API until the reset; where the API counts models or routes apart, not before it refuses one. A second key under the same name would take over.";
}

/** What is so while no limit is known. */
export const NO_LIMIT_EFFECT = "Nothing holds calls back until the API itself refuses one.";
