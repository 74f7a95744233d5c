/** The part of a log entry that polling needs. */
export interface ActivityEntry {
  readonly request_id: string;
  readonly at: number;
  readonly api_name: string;
  readonly status: number;
}

// Milliseconds between two polls: before the first request, while requests arrive, and otherwise.
const FIRST_REQUEST_INTERVAL = 2_000;
const ACTIVE_INTERVAL = 4_000;
const IDLE_INTERVAL = 10_000;
// Seconds after a request in which more are likely.
const ACTIVE_PERIOD = 300;

/** Milliseconds until the log is polled again. `now` in epoch seconds. */
export function logPollInterval(latest: readonly Pick<ActivityEntry, "at">[], now: number): number {
  const newest = latest[0];
  if (newest === undefined) {
    return FIRST_REQUEST_INTERVAL;
  }
  return now - newest.at < ACTIVE_PERIOD ? ACTIVE_INTERVAL : IDLE_INTERVAL;
}

/** The entries that are newer than `newest`; all of them if it is not in the list. */
export function entriesSince<T extends ActivityEntry>(
  latest: readonly T[],
  newest: string | undefined,
): T[] {
  const known = latest.findIndex((entry) => entry.request_id === newest);
  return latest.slice(0, known === -1 ? undefined : known);
}

/** Whether a response may have changed the state of a key. */
export function mayChangeKeyState(entry: ActivityEntry): boolean {
  return entry.status === 401 || entry.status === 403 || entry.status === 429;
}

/** When an API was last used: exact, or only the start of an hour or a day. */
export interface LastUse {
  readonly at: number;
  readonly exact: boolean;
}

/** The last use of each API, from the log and the statistics. */
export function lastUses(
  latest: readonly ActivityEntry[],
  points: readonly { readonly start: number; readonly api_name: string }[],
): Map<string, LastUse> {
  const found = new Map<string, LastUse>();
  for (const { api_name, start } of points) {
    if ((found.get(api_name)?.at ?? -1) < start) {
      found.set(api_name, { at: start, exact: false });
    }
  }
  for (const { api_name, at } of latest) {
    const known = found.get(api_name);
    if (known === undefined || !known.exact || known.at < at) {
      found.set(api_name, { at, exact: true });
    }
  }
  return found;
}
