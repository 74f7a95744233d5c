import { milliseconds } from "../format/numbers";

/** As much of an entry of the request log as is needed. */
interface TimedRequest {
  readonly duration_ms: number;
  /** Until the head of the API's answer, over all tries; null where the API was not called. */
  readonly upstream_ms: number | null;
  readonly problem: string | null;
}

/** The two parts of a call's time, each with what it went by with. */
export interface DurationParts {
  /** The wait for the API; undefined where it was not called. */
  readonly api: { readonly ms: number; readonly words: string } | undefined;
  /** What is left: the dashboard's own work and, of an answer, its body from the API to the caller. */
  readonly rest: { readonly ms: number; readonly words: string };
}

/** Where a call's time went, as far as the log knows it. */
export function splitDuration({ duration_ms, upstream_ms, problem }: TimedRequest): DurationParts {
  if (upstream_ms === null) {
    return {
      api: undefined,
      rest: { ms: duration_ms, words: `Dashboard ${milliseconds(duration_ms)}` },
    };
  }
  const ms = Math.min(upstream_ms, duration_ms);
  const rest = duration_ms - ms;
  const unanswered = problem?.startsWith("upstream_") ?? false;
  return {
    api: {
      ms,
      words: `API ${milliseconds(ms)} ${unanswered ? "without a whole answer" : "until its answer began"}`,
    },
    rest: {
      ms: rest,
      words: unanswered
        ? `${milliseconds(rest)} for the rest`
        : `${milliseconds(rest)} to pass it on`,
    },
  };
}
