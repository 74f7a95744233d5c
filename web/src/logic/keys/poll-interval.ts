// Milliseconds between two polls while no change is expected.
const IDLE_INTERVAL = 15_000;

/** Milliseconds until the keys are fetched again; `now` in epoch seconds. */
export function keyPollInterval(
  keys: readonly { readonly state_until: number | null }[],
  now: number,
): number {
  const waits = keys
    .map((key) => ((key.state_until ?? 0) - now) * 1000)
    .filter((wait) => wait > 0 && wait < IDLE_INTERVAL);
  return Math.max(1_000, Math.min(IDLE_INTERVAL, ...waits) + 250);
}
