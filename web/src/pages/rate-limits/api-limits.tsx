import { Button } from "../../components/button";
import { Countdown } from "../../components/time";
import { useQueryParams } from "../../components/query-params";
import type { Token } from "../../data/tokens";
import {
  NO_LIMIT_EFFECT,
  type RateLimitPolicy,
  policyEffect,
  policyText,
} from "../../logic/limits/limit-effect";
import { limitToReservePath } from "../../logic/navigation/routes";
import { policyOf, type Quota } from "../../logic/limits/quota";
import { ObservedLimits } from "./observed-limits";
import { Reservations } from "./reservations";
import { LimitStatus } from "./limit-status";

/** The data of one API. */
export interface ApiLimitsRow {
  readonly api_name: string;
  /** The names of its keys by id. */
  readonly keys: ReadonlyMap<string, string>;
  readonly policy: RateLimitPolicy | undefined;
  readonly quota: Quota | undefined;
}

/** The limits of one API: the policy, the limits that the API reports, and the reservations. */
export function ApiLimits({
  row,
  tokens,
  now,
}: {
  row: ApiLimitsRow;
  tokens: readonly Token[] | undefined;
  now: number;
}) {
  const { setQuery } = useQueryParams();
  const { api_name: api, keys, policy, quota } = row;
  const own = quota && policyOf(quota);
  const observed = quota?.limits.some(({ source }) => source === "observed") ?? false;
  return (
    <section class="panel" aria-labelledby={`api-${api}`}>
      <header>
        <h2 id={`api-${api}`} class="break">
          {api}
        </h2>
        <div class="actions">
          <Button
            size="small"
            onClick={() => setQuery({ set: api }, true)}
            aria-label={policy ? `Change limit for ${api}` : `Set limit for ${api}`}
          >
            {policy ? "Change limit" : "Set limit"}
          </Button>
          {policy && (
            <Button
              size="small"
              variant="quiet"
              onClick={() => setQuery({ remove: api }, true)}
              aria-label={`Remove limit for ${api}`}
            >
              Remove limit
            </Button>
          )}
        </div>
      </header>
      {quota !== undefined && quota.exhausted_until !== null && (
        <p class="limits-stopped">
          {keys.size > 1 ? "All keys are exhausted" : "The key is exhausted"} for{" "}
          <Countdown to={quota.exhausted_until} past="a moment" />. Calls still go to the API. If it
          answered 429 and asked to wait, only one call a minute does.
        </p>
      )}
      <div class="limits-sides">
        <div class="limits-side">
          <h3>Your policy</h3>
          {policy && own ? (
            <>
              <LimitStatus title={policyText(policy)} limit={own} now={now} />
              <p class="hint break">{policyEffect(api)}</p>
            </>
          ) : (
            <p class="muted">You have not set a limit.{!observed && ` ${NO_LIMIT_EFFECT}`}</p>
          )}
          {!policy && observed && (
            <p class="hint break">
              To reserve parts of {api} for tokens, set your own limit: the API’s quota is known
              only after a call, and others may use the same key.{" "}
              <a href={limitToReservePath(api)}>
                Set a limit to reserve from<span class="hidden-visually"> for {api}</span>
              </a>
            </p>
          )}
        </div>
        <div class="limits-side">
          <h3>Reported by the API</h3>
          <ObservedLimits api={api} keys={keys} quota={quota} now={now} />
        </div>
      </div>
      {policy && quota && (
        <Reservations api={api} policy={policy} quota={quota} tokens={tokens} now={now} />
      )}
    </section>
  );
}
