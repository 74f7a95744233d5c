const HOUR = 3_600;

/** As much of a point of the hourly statistics as is needed. */
export interface HourOfApi {
  readonly start: number;
  readonly api_name: string;
  readonly counts: { readonly requests: number; readonly refused: number };
}

/**
 * Each API's requests a second over the last hour. What falls into it of the hour before the present
 * one is taken as spread evenly; refused requests cost nothing and do not count. `now` in epoch
 * seconds.
 */
export function recentPaces(hours: readonly HourOfApi[], now: number): Map<string, number> {
  const present = now - (now % HOUR);
  const within = 1 - (now - present) / HOUR;
  const sums = new Map<string, number>();
  for (const { start, api_name, counts } of hours) {
    const weight = start === present ? 1 : start === present - HOUR ? within : 0;
    const before = sums.get(api_name) ?? 0;
    sums.set(api_name, before + weight * Math.max(0, counts.requests - counts.refused));
  }
  return new Map([...sums].map(([name, sum]) => [name, sum / HOUR]));
}
