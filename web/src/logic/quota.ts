/**
 * What is known of the limits of an API, in one shape whoever set them: the record that the quota
 * board and the page of rate limits are drawn from. Times in epoch seconds; null is not known.
 */
export interface Limit {
  readonly name: string;
  /** What is counted: requests, tokens, points, … */
  readonly unit: string;
  /** Set by the user, or read from the upstream's answers. */
  readonly source: "policy" | "observed";
  /** The key of the pool that it belongs to, where that is known. */
  readonly key_id: string | null;
  readonly limit: number | null;
  readonly remaining: number | null;
  readonly reset_at: number | null;
  /** Seconds. */
  readonly window: number | null;
  /** When the upstream last said so. */
  readonly seen_at: number | null;
  /** Until then the key is not used. */
  readonly exhausted_until: number | null;
  /** Units a second at present. */
  readonly pace: number | null;
  /** When it runs out at that pace; null where it lasts until its reset. */
  readonly exhausts_at: number | null;
}

/** The limits of one API, its own policy first. */
export interface Quota {
  readonly api_name: string;
  readonly limits: readonly Limit[];
  /** Until then every key of the API is used up; null while one is not. */
  readonly exhausted_until: number | null;
}

interface Window {
  readonly name: string;
  readonly limit: number | null;
  readonly remaining: number | null;
  readonly reset_at: number | null;
  readonly window: number | null;
}

/** As much of an item of `GET /api/rate-limits` as is needed. */
export interface RateLimitAnswer extends Omit<Window, "name"> {
  readonly api_name: string;
  readonly source: "policy" | "observed";
  readonly observed: { readonly updated_at: number; readonly windows: readonly Window[] } | null;
}

/** As much of a key as is needed. */
export interface PooledKey {
  readonly key_id: string;
  readonly api_name: string;
  readonly state: string;
  readonly state_until?: number | null;
}

// Seconds. In a longer window, what was used since its beginning says little of the present.
const TELLING_WINDOW = 3_600;
// The part of a window that must be over before its use tells a pace.
const TELLING_PART = 0.05;
const OTHER_UNITS = ["token", "complexity", "byte", "cost", "point"] as const;

/**
 * The quotas of all APIs that have a limit or a key that is used up, by name. `paces` gives an
 * API's requests a second of late.
 */
export function quotas(
  answers: readonly RateLimitAnswer[],
  keys: readonly PooledKey[],
  paces: ReadonlyMap<string, number>,
  now: number,
): Quota[] {
  const pools = new Map<string, PooledKey[]>();
  for (const key of keys) {
    pools.set(key.api_name, [...(pools.get(key.api_name) ?? []), key]);
  }
  const limits = new Map(
    answers.map((answer) => [answer.api_name, limitsOf(answer, paces, now)] as const),
  );
  const found: Quota[] = [];
  for (const api_name of new Set([...limits.keys(), ...pools.keys()])) {
    const pool = pools.get(api_name) ?? [];
    const spent = pool.flatMap((key) => spentKey(key, now));
    const all = [...(limits.get(api_name) ?? []), ...spent];
    if (all.length > 0) {
      const ends = spent.map((limit) => limit.exhausted_until ?? now);
      const every = spent.length > 0 && spent.length === pool.length;
      found.push({ api_name, limits: all, exhausted_until: every ? Math.min(...ends) : null });
    }
  }
  return found.sort((a, b) => (a.api_name < b.api_name ? -1 : 1));
}

function limitsOf(
  answer: RateLimitAnswer,
  paces: ReadonlyMap<string, number>,
  now: number,
): Limit[] {
  const recent = paces.get(answer.api_name) ?? null;
  const found: Limit[] = [];
  if (answer.source === "policy") {
    const { limit, remaining, reset_at, window } = answer;
    found.push(
      paced(
        { name: "policy", unit: "requests", source: "policy", seen_at: null },
        { limit, remaining, reset_at, window },
        recent,
        now,
      ),
    );
  }
  for (const { name, ...window } of answer.observed?.windows ?? []) {
    const seen_at = answer.observed?.updated_at ?? null;
    found.push(
      paced({ name, unit: unitOf(name), source: "observed", seen_at }, window, recent, now),
    );
  }
  return found;
}

function paced(
  who: Pick<Limit, "name" | "unit" | "source" | "seen_at">,
  window: Omit<Window, "name">,
  recent: number | null,
  now: number,
): Limit {
  const pace = inWindow(window, now) ?? (who.unit === "requests" ? recent : null);
  const exhausts_at = exhaustion(window, pace, now);
  return { ...who, ...window, key_id: null, exhausted_until: null, pace, exhausts_at };
}

/** What a limit of that name counts, as the proxy reads names. */
export function unitOf(name: string): string {
  const found = OTHER_UNITS.find((unit) => name.toLowerCase().includes(unit));
  if (found === undefined) {
    return "requests";
  }
  return found === "complexity" || found === "cost" ? found : `${found}s`;
}

/** Units a second since the window began; null where that tells nothing of the present. */
function inWindow(
  { limit, remaining, reset_at, window }: Omit<Window, "name">,
  now: number,
): number | null {
  if (limit === null || remaining === null || reset_at === null || window === null) {
    return null;
  }
  const elapsed = window - (reset_at - now);
  if (window > TELLING_WINDOW || elapsed < window * TELLING_PART || elapsed > window) {
    return null;
  }
  return Math.max(0, limit - remaining) / elapsed;
}

/** When a quota runs out at a pace; null where it lasts until its reset or that is not known. */
export function exhaustion(
  { remaining, reset_at }: Pick<Limit, "remaining" | "reset_at">,
  pace: number | null,
  now: number,
): number | null {
  if (remaining === null || pace === null || pace <= 0) {
    return null;
  }
  const at = now + remaining / pace;
  return reset_at === null || at < reset_at ? at : null;
}

function spentKey(key: PooledKey, now: number): Limit[] {
  const until = key.state === "exhausted" ? (key.state_until ?? null) : null;
  if (until === null || until <= now) {
    return [];
  }
  const unknown = { limit: null, remaining: null, reset_at: null, window: null, seen_at: null };
  return [
    {
      ...unknown,
      name: "retry-after",
      unit: "requests",
      source: "observed",
      key_id: key.key_id,
      exhausted_until: until,
      pace: null,
      exhausts_at: null,
    },
  ];
}
