import { milliseconds } from "../format/numbers";

/** The part of a log entry that its timing needs. */
interface TimedRequest {
  readonly duration_ms: number;
  /** Time to the API's response headers over all attempts; null if the API was not called. */
  readonly upstream_ms: number | null;
  readonly problem: string | null;
}

/** The two parts of a request's duration with their descriptions. */
export interface DurationParts {
  /** Waiting for the API; undefined if it was not called. */
  readonly api: { readonly ms: number; readonly text: string } | undefined;
  /** The rest: the dashboard's own work, and forwarding the response body. */
  readonly rest: { readonly ms: number; readonly text: string };
}

/** Split a request's duration as far as the log shows it. */
export function splitDuration({ duration_ms, upstream_ms, problem }: TimedRequest): DurationParts {
  if (upstream_ms === null) {
    return {
      api: undefined,
      rest: { ms: duration_ms, text: `Dashboard ${milliseconds(duration_ms)}` },
    };
  }
  const ms = Math.min(upstream_ms, duration_ms);
  const rest = duration_ms - ms;
  const unanswered = problem?.startsWith("upstream_") ?? false;
  return {
    api: {
      ms,
      text: `API ${milliseconds(ms)} ${unanswered ? "without a complete response" : "until its response started"}`,
    },
    rest: {
      ms: rest,
      text: unanswered
        ? `${milliseconds(rest)} for everything else`
        : `${milliseconds(rest)} to forward the response`,
    },
  };
}
