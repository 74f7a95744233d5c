import { requestsPath } from "../navigation/routes";

/** Named time ranges in seconds. */
export const RANGES = {
  hour: 3_600,
  day: 86_400,
  week: 7 * 86_400,
} as const;

export type Range = keyof typeof RANGES;

/** A filter of the request log. Times in epoch seconds, `to` exclusive. */
export interface RequestFilter {
  readonly api?: string;
  /** A status or a class such as `4xx`. */
  readonly status?: string;
  /** A token id. */
  readonly token?: string;
  readonly range?: Range;
  readonly from?: number;
  readonly to?: number;
}

/** The open log entry: its id and, for a lasting link, its second. */
export interface OpenEntry {
  readonly id: string;
  readonly at: number | undefined;
}

type Query = Readonly<Record<string, string | undefined>>;

/** Parse the filter in a URL's query, without the invalid parts. */
export function parseFilter(query: Query): RequestFilter {
  const range = query["range"];
  const named = range !== undefined && Object.hasOwn(RANGES, range) ? (range as Range) : undefined;
  const from = named === undefined ? parseTime(query["from"]) : undefined;
  const to = named === undefined ? parseTime(query["to"]) : undefined;
  return {
    ...validParam("api", query["api"], /^[a-z0-9][a-z0-9_-]{0,47}$/),
    ...validParam("status", query["status"], /^[1-5](xx|[0-9]{2})$/),
    ...validParam("token", query["token"], /^[0-9a-z]{13}$/),
    ...(named === undefined ? {} : { range: named }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

/** Parse the open entry in a URL's query. */
export function parseOpenEntry(query: Query): OpenEntry | undefined {
  const id = query["id"];
  return id === undefined || id === "" ? undefined : { id, at: parseTime(query["at"]) };
}

/** The URL of the log with a filter and an open entry. */
export function filterPath(filter: RequestFilter, opened?: OpenEntry): string {
  const { from, to, ...rest } = filter;
  return requestsPath({
    ...rest,
    ...(from === undefined ? {} : { from: String(from) }),
    ...(to === undefined ? {} : { to: String(to) }),
    ...(opened === undefined ? {} : { id: opened.id }),
    ...(opened?.at === undefined ? {} : { at: String(Math.floor(opened.at)) }),
  });
}

/** The start of a filter's time range; undefined without a limit. */
export function filterStart(filter: RequestFilter, now: number): number | undefined {
  return filter.range === undefined ? filter.from : Math.floor(now) - RANGES[filter.range];
}

/** Format a time for an `<input type=datetime-local>`, in local time. */
export function toLocalDateTime(at: number | undefined): string {
  if (at === undefined) {
    return "";
  }
  const local = new Date(at * 1000 - new Date(at * 1000).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

/** Parse the value of such an input to epoch seconds. */
export function fromLocalDateTime(local: string): number | undefined {
  const at = Math.floor(new Date(local).getTime() / 1000);
  return Number.isNaN(at) || at < 0 ? undefined : at;
}

function validParam<Name extends string>(
  name: Name,
  value: string | undefined,
  pattern: RegExp,
): { [key in Name]?: string } {
  return value !== undefined && pattern.test(value)
    ? ({ [name]: value } as { [key in Name]: string })
    : {};
}

function parseTime(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}(\.\d+)?$/.test(text)
    ? Math.floor(Number(text))
    : undefined;
}
