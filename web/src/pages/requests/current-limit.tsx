import { Countdown } from "../../components/time";
import { useRateLimits } from "../../data/rate-limits";
import type { LoggedRequest } from "../../data/requests";
import { number } from "../../logic/format/numbers";

/** The current state of the limit that rejected a request. */
export function CurrentLimit({ entry }: { entry: LoggedRequest }) {
  const limits = useRateLimits();
  const limit = limits.data?.find(({ api_name }) => api_name === entry.api_name);
  // The policy rejected it, or the API with its own quota.
  const state = entry.problem === "rate_limited" ? limit : limit?.observed;
  if (state == null) {
    return null;
  }
  const free =
    entry.problem === "rate_limited" && limit !== undefined && limit.reserved > 0
      ? limit.unreserved_remaining
      : null;
  return (
    <p class="numbers">
      {state.remaining !== null && state.limit !== null && (
        <>
          {number(state.remaining)} of {number(state.limit)} are left now
          {free !== null && `, ${number(free)} of them unreserved`}.{" "}
        </>
      )}
      {state.reset_at !== null && (
        <>
          The limit resets in <Countdown to={state.reset_at} past="a moment" />.
        </>
      )}
    </p>
  );
}
