/**
 * One limit of an API, as `GET /api/rate-limits` gives it. Times in epoch seconds; null is not
 * known.
 */
export interface Limit {
  /** `policy`, the upstream's name for it, or `retry-after` where a key was only asked to wait. */
  readonly name: string;
  /** What is counted: requests, tokens, complexity, bytes, … */
  readonly unit: string;
  /** Set by the user, or read from the upstream's answers. */
  readonly source: "policy" | "observed";
  /** The key of the pool that it belongs to; null for the user's own. */
  readonly key_id: string | null;
  readonly limit: number | null;
  readonly remaining: number | null;
  readonly reset_at: number | null;
  /** Seconds. */
  readonly window: number | null;
  /** When the upstream last said so. */
  readonly seen_at: number | null;
  /** Until then the key is passed over. */
  readonly exhausted_until: number | null;
  /** Units a second at present. */
  readonly pace: number | null;
  /** When it runs out at that pace; null where it lasts until its reset. */
  readonly exhausts_at: number | null;
}

/** A part of the user's own limit that is kept for a token. */
export interface TokenReservation {
  readonly token_id: string;
  /** Requests in each window. */
  readonly amount: number;
  /** The part of the limit, 0 to 1; null where an amount is reserved. */
  readonly share: number | null;
  /** When the token ends; then it holds nothing. */
  readonly expires_at: number | null;
  readonly used: number;
  readonly remaining: number;
}

/** A key that the upstream refused with 401; it is passed over until `until`. */
export interface RefusedKey {
  readonly key_id: string;
  readonly until: number;
}

/** The limits of one API, the user's own first. */
export interface Quota {
  readonly api_name: string;
  readonly limits: readonly Limit[];
  /** Until then every key of the API is used up; null while one is not. */
  readonly exhausted_until: number | null;
  readonly refused_keys: readonly RefusedKey[];
  readonly reserved: number;
  /** What a token without a reservation may still use; null without a limit of the user's own. */
  readonly unreserved_remaining: number | null;
  readonly reservations: readonly TokenReservation[];
}

/** What is known of one key of the pool. */
export interface KeyLimits {
  readonly key_id: string;
  readonly exhausted_until: number | null;
  readonly refused_until: number | null;
  /** Empty where the key was only asked to wait, or refused. */
  readonly limits: readonly Limit[];
}

/** A quota as it stands at `now`, which may be later than when it was read. */
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

/** The user's own limit. */
export function policyOf({ limits }: Pick<Quota, "limits">): Limit | undefined {
  return limits.find(({ source }) => source === "policy");
}

/** What the upstream said, by key, in the order of `keys`: one order however answers come in. */
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

/** Whether a key is used up or refused. */
export function isSkipped({ exhausted_until, refused_until }: KeyLimits): boolean {
  return exhausted_until !== null || refused_until !== null;
}

/** Whether the API refused every one of its `keys`; then they are tried all the same. */
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
  // The user's own windows follow each other; when the upstream's next one ends it has to say.
  const { window } = limit;
  const over = window === null ? 0 : Math.floor((now - limit.reset_at) / window) + 1;
  const reset_at = window === null ? null : limit.reset_at + over * window;
  return { ...begun, remaining: limit.limit, reset_at };
}

function ifFuture(at: number | null, now: number): number | null {
  return at !== null && at > now ? at : null;
}

/** Requests first, then by name; of one name the shorter window first. */
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
