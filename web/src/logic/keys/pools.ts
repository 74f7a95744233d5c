import { keyLabel } from "./key-names";
import { hostOf } from "./providers";

export type KeyState = "ready" | "exhausted" | "refused";

/** The part of a key that filters and pools need. */
export interface PooledKey {
  readonly key_id: string;
  readonly api_name: string;
  readonly provider: string | null;
  readonly base_url: string;
  readonly hint: string;
  readonly description: string;
  readonly state: KeyState;
  /** Epoch seconds; null when ready. */
  readonly state_until: number | null;
  readonly created_at: number;
}

/** The keys of one API, oldest first. */
export interface Pool<K> {
  readonly apiName: string;
  readonly keys: readonly K[];
}

/** The keys that contain every word of `text` and are in `state`. */
export function filterKeys<K extends PooledKey>(
  keys: readonly K[],
  text: string,
  state: KeyState | "any",
): K[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return keys.filter((key) => {
    if (state !== "any" && key.state !== state) {
      return false;
    }
    const parts = [key.api_name, key.provider ?? "", hostOf(key.base_url), keyLabel(key)];
    const whole = [...parts, key.description].join("\n").toLowerCase();
    return words.every((word) => whole.includes(word));
  });
}

/** Group keys by API, sorted by API name. */
export function groupByApi<K extends PooledKey>(keys: readonly K[]): Pool<K>[] {
  const pools = new Map<string, K[]>();
  for (const key of keys) {
    const pool = pools.get(key.api_name);
    if (pool === undefined) {
      pools.set(key.api_name, [key]);
    } else {
      pool.push(key);
    }
  }
  return [...pools]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([apiName, members]) => ({
      apiName,
      keys: members.sort(
        (one, other) => one.created_at - other.created_at || (one.key_id < other.key_id ? -1 : 1),
      ),
    }));
}

/** Split pools into pages of about `size` keys, without splitting a pool. */
export function paginatePools<K>(pools: readonly Pool<K>[], size: number): Pool<K>[][] {
  const pages: Pool<K>[][] = [];
  let room = 0;
  for (const pool of pools) {
    const page = pages.at(-1);
    if (page === undefined || pool.keys.length > room) {
      pages.push([pool]);
      room = size - pool.keys.length;
    } else {
      page.push(pool);
      room -= pool.keys.length;
    }
  }
  return pages;
}

/** The status of a pool: how many keys are in use, and what happens to calls if none is. */
export type PoolStatus =
  | { readonly kind: "ready"; readonly ready: number; readonly skipped: number }
  /** No key is ready and at least one is exhausted; the first has quota again at `readyAt`. */
  | { readonly kind: "exhausted"; readonly readyAt: number | null; readonly refused: number }
  /**
   * All keys were refused. Calls still use them, because the API's response says more than ours.
   */
  | { readonly kind: "refused" };

export function poolStatus(keys: readonly Pick<PooledKey, "state" | "state_until">[]): PoolStatus {
  const count = (state: KeyState) => keys.filter((key) => key.state === state).length;
  const [ready, refused] = [count("ready"), count("refused")];
  if (ready > 0) {
    return { kind: "ready", ready, skipped: keys.length - ready };
  }
  if (refused === keys.length) {
    return { kind: "refused" };
  }
  const times = keys
    .filter(({ state }) => state === "exhausted")
    .map((key) => key.state_until)
    .filter((until) => until !== null);
  return { kind: "exhausted", readyAt: times.length === 0 ? null : Math.min(...times), refused };
}
