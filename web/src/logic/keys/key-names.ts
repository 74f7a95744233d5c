/** The part of a key that its name needs. */
interface NamedKey {
  readonly key_id: string;
  readonly api_name: string;
  readonly hint: string;
  readonly description: string;
  readonly created_at: number;
}

/** The names of keys by their id, oldest first, grouped by API. */
export type PoolNames = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * The masked hint, or the end of the id if the secret was too short for a hint and there is no
 * description.
 */
export function keyLabel(key: Pick<NamedKey, "key_id" | "hint" | "description">): string {
  return key.hint === "…" && key.description === "" ? `#${key.key_id.slice(-6)}` : key.hint;
}

/** Name each key by its hint and its description. */
export function keyNamesByApi(keys: readonly NamedKey[]): PoolNames {
  const pools = new Map<string, Map<string, string>>();
  for (const key of [...keys].sort((one, other) => one.created_at - other.created_at)) {
    const pool = pools.get(key.api_name) ?? new Map<string, string>();
    pools.set(key.api_name, pool.set(key.key_id, `${keyLabel(key)} ${key.description}`.trim()));
  }
  return pools;
}
