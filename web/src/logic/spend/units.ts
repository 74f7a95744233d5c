/** A unit for reading: "cache_read_tokens" as "cache read tokens". */
export function unitText(unit: string): string {
  return unit.replaceAll("_", " ");
}
