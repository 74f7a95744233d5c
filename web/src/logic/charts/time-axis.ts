const DAY = 86_400;
// Hours between two marks.
const TICK_INTERVALS = [1, 2, 3, 6, 12, 24, 48, 96, 168, 24 * 14, 24 * 30];

/** Writes the moments of charts and their tables. Hours in this machine's time, days in UTC. */
export class TimeLabels {
  readonly #step: number;
  readonly #day: Intl.DateTimeFormat;
  readonly #hour: Intl.DateTimeFormat;

  /** `step` in seconds, as of a period; `timeZone` is the machine's unless it is given. */
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

  /** A column: "Nov 23, 14:00–15:00", "Nov 23". Epoch seconds. */
  column(start: number): string {
    const day = this.#day.format(start * 1000);
    return this.#step === DAY
      ? day
      : `${day}, ${this.#clock(start)}–${this.#clock(start + this.#step)}`;
  }

  /** A mark on the axis: the time of the day, or the day where one begins. */
  tick(at: number): string {
    const clock = this.#clock(at);
    return this.#step === DAY || clock === "00:00" ? this.#day.format(at * 1000) : clock;
  }

  /**
   * The beginnings of columns that get a mark, so that there are at most `most`: hours that make
   * even parts of a day here, or whole days.
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

/** The number of a day; a machine's time zone moves it by at most one. */
function dayOf(at: number): number {
  return Math.round(at / DAY);
}

/** From its first to its last column: "Nov 22, 14:00 to Nov 23, 14:00", "Oct 24 to Nov 23". */
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
