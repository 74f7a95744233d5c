// Milliseconds between two looks at the keys while nothing is known to change.
const CALM = 15_000;

/** How many milliseconds to wait until the keys are read again; `now` in epoch seconds. */
export function nextKeyLook(
  keys: readonly { readonly state_until: number | null }[],
  now: number,
): number {
  const waits = keys
    .map((key) => ((key.state_until ?? 0) - now) * 1000)
    .filter((wait) => wait > 0 && wait < CALM);
  return Math.max(1_000, Math.min(CALM, ...waits) + 250);
}
