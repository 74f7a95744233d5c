import { logTime } from "../logic/format/log-time";
import { fullTime } from "../logic/format/time";

/** A time of day, with the date unless it is today. `at` in epoch seconds. */
export function Clock({ at }: { at: number }) {
  return (
    <time class="numbers" dateTime={new Date(at * 1000).toISOString()} title={fullTime(at)}>
      {logTime(at, Date.now() / 1000)}
    </time>
  );
}
