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
    return `When one key is exhausted, another of the ${keys} keys takes over. When all are exhausted, calls still go to the API, which decides.`;
  }
  return "When it is exhausted, calls still go to the API, which decides. After a 429 that asks to wait, calls are rejected for at most a minute at a time. A second key under the same name would take over.";
}

/** What happens without a known limit. */
export const NO_LIMIT_EFFECT = "Calls are not limited until the API itself rejects one.";
