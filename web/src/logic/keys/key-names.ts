/** As much of a key as is needed to name it. */
interface NamedKey {
  readonly key_id: string;
  readonly api_name: string;
  readonly hint: string;
  readonly description: string;
  readonly created_at: number;
}

/** What each key of a pool is called, by its id, oldest first; the pools by their API. */
export type PoolNames = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * The masked hint; where a secret was too short to show any of it and nothing is said of the key, the
 * end of its id.
 */
export function keyLabel(key: Pick<NamedKey, "key_id" | "hint" | "description">): string {
  return key.hint === "…" && key.description === "" ? `#${key.key_id.slice(-6)}` : key.hint;
}

/** The names of keys: the masked hint, and the description where there is one. */
export function keyNamesByApi(keys: readonly NamedKey[]): PoolNames {
  const pools = new Map<string, Map<string, string>>();
  for (const key of [...keys].sort((one, other) => one.created_at - other.created_at)) {
    const pool = pools.get(key.api_name) ?? new Map<string, string>();
    pools.set(key.api_name, pool.set(key.key_id, `${keyLabel(key)} ${key.description}`.trim()));
  }
  return pools;
}
