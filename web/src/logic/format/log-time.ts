const TIME = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });

/** The time of a log entry: "14:03:22" today, "Nov 23, 14:03:22" before. Epoch seconds. */
export function logTime(at: number, now: number): string {
  const moment = new Date(at * 1000);
  const time = TIME.format(moment);
  return moment.toDateString() === new Date(now * 1000).toDateString()
    ? time
    : `${DAY.format(moment)}, ${time}`;
}
