import { pluralize } from "../format/numbers";
import { durationText } from "../format/time";

/** A rate-limit policy: the user's own limit for an API. */
export interface RateLimitPolicy {
  readonly limit: number;
  /** Seconds. */
  readonly window: number;
}

/** "100 requests per minute". */
export function policyText({ limit, window }: RateLimitPolicy): string {
  return `${pluralize(limit, "request")} per ${durationText(window)}`;
}

/** What happens when the policy is exhausted. */
export function policyEffect(api: string): string {
  return `When it is exhausted, calls get a 429 response with the time until the window resets. They never reach ${api}.`;
}

/** What happens when the API's own quota is exhausted, with `keys` keys in the pool. */
export function upstreamEffect(keys: number): string {
  if (keys > 1) {
    return `When one key is exhausted, another of the ${keys} keys takes over. When all are exhausted, calls get a 429 response until the first is ready again.`;
  }
  return "When it is exhausted, calls get a 429 response without reaching the API until it resets. If the API limits per model or route, calls are rejected only after the API rejects one. A second key under the same name would take over.";
}

/** What happens without a known limit. */
export const NO_LIMIT_EFFECT = "Calls are not limited until the API itself rejects one.";
