import type { ComponentChildren } from "preact";
import { type ApiError, asApiError } from "../api/problem";
import { withWait } from "../logic/waiting";
import { Button } from "./button";
import { Notice } from "./notice";
import { Ago } from "./time";

/** As much of a query as is needed to show its state. */
export interface Asked<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly isPending: boolean;
  readonly isFetching: boolean;
  /** Milliseconds since the epoch. */
  readonly dataUpdatedAt: number;
  readonly refetch: () => unknown;
}

/** Draws what was read; or that it is loading, wrong, or older than it should be. */
export function Loaded<T>({
  query,
  children,
  rows = 4,
}: {
  query: Asked<T>;
  children: (data: T) => ComponentChildren;
  /** How many lines the placeholder has. */
  rows?: number;
}) {
  const { data, error } = query;
  if (data === undefined) {
    return error === null ? <Skeleton rows={rows} /> : <Failed query={query} />;
  }
  return (
    <>
      {error !== null && (
        <Notice
          kind="warn"
          action={
            <Button size="small" busy={query.isFetching} onClick={() => query.refetch()}>
              Try again
            </Button>
          }
        >
          {why(asApiError(error))} This is from <Ago at={query.dataUpdatedAt / 1000} />.
        </Notice>
      )}
      {children(data)}
    </>
  );
}

function Failed<T>({ query }: { query: Asked<T> }) {
  const error = asApiError(query.error);
  return (
    <Notice
      kind="danger"
      action={
        <Button size="small" busy={query.isFetching} onClick={() => query.refetch()}>
          Try again
        </Button>
      }
    >
      {why(error)}
      {error.requestId && <span class="muted"> Request {error.requestId}.</span>}
    </Notice>
  );
}

function why(error: ApiError): string {
  if (error.unreachable) {
    return navigator.onLine
      ? "The API does not answer. Look whether the server is running."
      : "You are offline.";
  }
  return error.status === 429 ? withWait(error.message, error.retryAfter) : error.message;
}

/** Grey lines in place of what is loading. */
export function Skeleton({ rows = 4 }: { rows?: number }) {
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <span key={row} />
      ))}
    </div>
  );
}
