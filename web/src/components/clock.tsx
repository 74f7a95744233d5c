import { logTime } from "../logic/format/log-time";
import { fullTime } from "../logic/format/time";

/** The time of day of a moment, with its day unless that is today. `at` in epoch seconds. */
export function Clock({ at }: { at: number }) {
  return (
    <time class="numbers" dateTime={new Date(at * 1000).toISOString()} title={fullTime(at)}>
      {logTime(at, Date.now() / 1000)}
    </time>
  );
}
