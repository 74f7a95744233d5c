import { bytes, pluralize } from "../format/numbers";
import type { TimedEntry } from "./log-pages";

// The number of requests whose entries one poll fetches.
const MAX_ENDED = 10;

/** The requests in progress that are no longer, and whose entries are not among those `found`. */
export function endedRequests<Request extends TimedEntry>(
  before: readonly Request[],
  open: readonly TimedEntry[],
  found: readonly TimedEntry[],
): readonly Request[] {
  const known = new Set([...open, ...found].map(({ request_id }) => request_id));
  return before.filter(({ request_id }) => !known.has(request_id)).slice(0, MAX_ENDED);
}

/** What a request has transferred so far: "2.0 kB sent, 1.5 MB received, 12 messages". */
export function progressText(request: {
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly websocket: boolean;
  readonly messages_in: number;
  readonly messages_out: number;
}): string {
  const parts = [];
  if (request.bytes_in > 0) {
    parts.push(`${bytes(request.bytes_in)} sent`);
  }
  if (request.bytes_out > 0 || parts.length === 0) {
    parts.push(`${bytes(request.bytes_out)} received`);
  }
  if (request.websocket) {
    parts.push(pluralize(request.messages_in + request.messages_out, "message"));
  }
  return parts.join(", ");
}

/** How long a request has lasted: "12 s", "2:05 min", "1 h 3 min". Seconds. */
export function ageText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60);
  if (minutes === 0) {
    return `${whole} s`;
  }
  return minutes < 60
    ? `${minutes}:${String(whole % 60).padStart(2, "0")} min`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
