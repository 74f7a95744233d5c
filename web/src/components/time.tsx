import { useEffect, useState } from "preact/hooks";
import { ago, countdown, formatDay, fullTime } from "../logic/format/time";

const listeners = new Set<(now: number) => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** The current time in epoch seconds, updated every second. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    listeners.add(setNow);
    timer ??= setInterval(() => {
      for (const listener of listeners) {
        listener(Date.now() / 1000);
      }
    }, 1000);
    return () => {
      listeners.delete(setNow);
      if (listeners.size === 0) {
        clearInterval(timer);
        timer = undefined;
      }
    };
  }, []);
  return now;
}

/** How long ago something happened, with the exact time as a tooltip. `at` in epoch seconds. */
export function Ago({ at }: { at: number }) {
  const now = useNow();
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={fullTime(at)}>
      {ago(at, now)}
    </time>
  );
}

// Seconds. Times further away are shown as a date.
const SOON = 2 * 86_400;

/**
 * When something expires: a date, or the remaining time if that is soon. `at` in epoch seconds.
 */
export function Until({ at }: { at: number }) {
  const now = useNow();
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={fullTime(at)}>
      {at - now < SOON ? ago(at, now) : formatDay(at)}
    </time>
  );
}

/** The time left until `to`, in epoch seconds; `past` afterwards. */
export function Countdown({ to, past }: { to: number; past: string }) {
  const now = useNow();
  return (
    <time class="numbers" dateTime={new Date(to * 1000).toISOString()} title={fullTime(to)}>
      {to <= now ? past : countdown(to - now)}
    </time>
  );
}
