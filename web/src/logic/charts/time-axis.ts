const DAY = 86_400;
// Hours between two ticks.
const TICK_INTERVALS = [1, 2, 3, 6, 12, 24, 48, 96, 168, 24 * 14, 24 * 30];

/** Format the times of charts and tables: hours in local time, days in UTC. */
export class TimeLabels {
  readonly #step: number;
  readonly #day: Intl.DateTimeFormat;
  readonly #hour: Intl.DateTimeFormat;

  /** `step` in seconds, like a period's; `timeZone` defaults to the local one. */
  constructor(step: number, timeZone?: string) {
    const zone = step === DAY ? "UTC" : timeZone;
    const place = zone === undefined ? {} : { timeZone: zone };
    this.#step = step;
    this.#day = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", ...place });
    this.#hour = new Intl.DateTimeFormat("en", {
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      ...place,
    });
  }

  /** Label a column: "Nov 23, 14:00–15:00", "Nov 23". Epoch seconds. */
  column(start: number): string {
    const day = this.#day.format(start * 1000);
    return this.#step === DAY
      ? day
      : `${day}, ${this.#clock(start)}–${this.#clock(start + this.#step)}`;
  }

  /** Label a tick: the time of day, or the date at midnight. */
  tick(at: number): string {
    const clock = this.#clock(at);
    return this.#step === DAY || clock === "00:00" ? this.#day.format(at * 1000) : clock;
  }

  /**
   * Choose at most `most` column starts for ticks: hours that divide the local day evenly, or whole
   * days.
   */
  ticks(starts: readonly number[], most: number): number[] {
    const hours = this.#step === DAY ? 24 : 1;
    const every = TICK_INTERVALS.find((each) => (starts.length * hours) / each <= most) ?? 24 * 30;
    return starts.filter((at, position) => {
      if (this.#step === DAY) {
        return position % (every / 24) === 0;
      }
      const hour = Number(this.#clock(at).slice(0, 2));
      return every < 24 ? hour % every === 0 : hour === 0 && dayOf(at) % (every / 24) === 0;
    });
  }

  #clock(at: number): string {
    return this.#hour.format(at * 1000);
  }
}

/** The number of a day; a time zone shifts it by at most one. */
function dayOf(at: number): number {
  return Math.round(at / DAY);
}

/** Label a range: "Nov 22, 14:00 to Nov 23, 14:00", "Oct 24 to Nov 23". */
export function rangeText(start: number, end: number, step: number, timeZone?: string): string {
  const labels = new TimeLabels(step, timeZone);
  const [first, last] = [labels.column(start), labels.column(end - step)];
  return step === DAY ? `${first} to ${last}` : `${beginOf(first)} to ${endOf(last)}`;
}

function beginOf(column: string): string {
  return column.slice(0, column.indexOf("–"));
}

function endOf(column: string): string {
  return `${column.slice(0, column.indexOf(","))}, ${column.slice(column.indexOf("–") + 1)}`;
}
