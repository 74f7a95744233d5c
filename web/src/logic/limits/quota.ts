/** One limit of an API, as in `GET /api/rate-limits`. Times in epoch seconds; null is unknown. */
export interface Limit {
  /** `policy`, the upstream's name for it, or `retry-after` if a key was only asked to wait. */
  readonly name: string;
  /** What it counts: requests, tokens, complexity, bytes, … */
  readonly unit: string;
  /** Set by the user, or read from the upstream's responses. */
  readonly source: "policy" | "observed";
  /** The key that it belongs to; null for the policy. */
  readonly key_id: string | null;
  readonly limit: number | null;
  readonly remaining: number | null;
  readonly reset_at: number | null;
  /** Seconds. */
  readonly window: number | null;
  /** When the upstream last reported it. */
  readonly seen_at: number | null;
  /** The key comes last until then. */
  readonly exhausted_until: number | null;
  /** Current consumption rate in units per second. */
  readonly pace: number | null;
  /** When it is exhausted at that rate; null if it lasts until its reset. */
  readonly exhausts_at: number | null;
}

/** A share of a policy that is reserved for a token. */
export interface TokenReservation {
  readonly token_id: string;
  /** Requests per window. */
  readonly amount: number;
  /** The share of the limit, 0 to 1; null if an amount is reserved. */
  readonly share: number | null;
  /** When the token expires and the reservation ends. */
  readonly expires_at: number | null;
  readonly used: number;
  readonly remaining: number;
}

/** A key that the upstream refused with 401. It comes last until `until`. */
export interface RefusedKey {
  readonly key_id: string;
  readonly until: number;
}

/** The limits of one API, the policy first. */
export interface Quota {
  readonly api_name: string;
  readonly limits: readonly Limit[];
  /** Every key of the API is exhausted until then; null if one is not. */
  readonly exhausted_until: number | null;
  readonly refused_keys: readonly RefusedKey[];
  readonly reserved: number;
  /** What tokens without a reservation can still use; null without a policy. */
  readonly unreserved_remaining: number | null;
  readonly reservations: readonly TokenReservation[];
}

/** The reported limits of one key. */
export interface KeyLimits {
  readonly key_id: string;
  readonly exhausted_until: number | null;
  readonly refused_until: number | null;
  /** Empty if the key was only asked to wait, or refused. */
  readonly limits: readonly Limit[];
}

/** Update a quota to `now`, which may be later than when it was fetched. */
export function asOf<Q extends Quota>(quota: Q, now: number): Q {
  const own = policyOf(quota);
  const turned = own !== undefined && own.reset_at !== null && own.reset_at <= now;
  return {
    ...quota,
    limits: quota.limits.map((limit) => limitAsOf(limit, now)),
    exhausted_until: ifFuture(quota.exhausted_until, now),
    refused_keys: quota.refused_keys.filter(({ until }) => until > now),
    unreserved_remaining:
      turned && own.limit !== null
        ? Math.max(0, own.limit - quota.reserved)
        : quota.unreserved_remaining,
    reservations: turned
      ? quota.reservations.map((held) => ({ ...held, used: 0, remaining: held.amount }))
      : quota.reservations,
  };
}

/** The policy among the limits. */
export function policyOf({ limits }: Pick<Quota, "limits">): Limit | undefined {
  return limits.find(({ source }) => source === "policy");
}

/** Group the reported limits by key, in the order of `keys` so that it stays the same. */
export function limitsByKey(
  { limits, refused_keys }: Pick<Quota, "limits" | "refused_keys">,
  keys: readonly string[],
): KeyLimits[] {
  const refused = new Map(refused_keys.map(({ key_id, until }) => [key_id, until]));
  const found = new Map<string, Limit[]>(refused_keys.map(({ key_id }) => [key_id, []]));
  for (const limit of limits) {
    if (limit.source === "observed") {
      const key_id = limit.key_id ?? "";
      found.set(key_id, [...(found.get(key_id) ?? []), limit]);
    }
  }
  const place = (key_id: string) => (keys.includes(key_id) ? keys.indexOf(key_id) : keys.length);
  return [...found]
    .sort(([one], [other]) => place(one) - place(other) || (one < other ? -1 : 1))
    .map(([key_id, all]) => ({
      key_id,
      exhausted_until: all[0]?.exhausted_until ?? null,
      refused_until: refused.get(key_id) ?? null,
      limits: all.filter(({ name }) => name !== "retry-after").sort(byUnit),
    }));
}

/** Whether a key is exhausted or refused. */
export function isSkipped({ exhausted_until, refused_until }: KeyLimits): boolean {
  return exhausted_until !== null || refused_until !== null;
}

/** Whether the API refused all of its `keys`. Calls use them nevertheless. */
export function allRefused({ refused_keys }: Pick<Quota, "refused_keys">, keys: number): boolean {
  return keys > 0 && refused_keys.length >= keys;
}

function limitAsOf(limit: Limit, now: number): Limit {
  const exhausted_until = ifFuture(limit.exhausted_until, now);
  if (limit.reset_at === null || limit.reset_at > now) {
    return { ...limit, exhausted_until };
  }
  const begun = { ...limit, exhausted_until, pace: null, exhausts_at: null };
  if (limit.source === "observed") {
    return { ...begun, remaining: null, reset_at: null };
  }
  // The windows of a policy follow each other. When the upstream's next window ends is unknown.
  const { window } = limit;
  const over = window === null ? 0 : Math.floor((now - limit.reset_at) / window) + 1;
  const reset_at = window === null ? null : limit.reset_at + over * window;
  return { ...begun, remaining: limit.limit, reset_at };
}

function ifFuture(at: number | null, now: number): number | null {
  return at !== null && at > now ? at : null;
}

/** Requests first, then by name, then by window. */
function byUnit(one: Limit, other: Limit): number {
  const rank = (limit: Limit) => (limit.unit === "requests" ? "" : limit.unit);
  return (
    compare(rank(one), rank(other)) ||
    compare(one.name, other.name) ||
    (one.window ?? 0) - (other.window ?? 0)
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
