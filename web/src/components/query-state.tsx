import type { ComponentChildren } from "preact";
import { type ApiError, asApiError } from "../api/problem";
import { withRetryAfter } from "../logic/format/retry-after";
import { Button } from "./button";
import { Notice } from "./notice";
import { Ago } from "./time";

/** The part of a query's result that its display needs. */
export interface QueryResult<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly isPending: boolean;
  readonly isFetching: boolean;
  /** Milliseconds since the epoch. */
  readonly dataUpdatedAt: number;
  readonly refetch: () => unknown;
}

/** Render the data of a query, or that it is loading, failed or outdated. */
export function QueryState<T>({
  query,
  children,
  rows = 4,
}: {
  query: QueryResult<T>;
  children: (data: T) => ComponentChildren;
  /** The number of placeholder lines. */
  rows?: number;
}) {
  const { data, error } = query;
  if (data === undefined) {
    return error === null ? <Skeleton rows={rows} /> : <QueryError query={query} />;
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
          {errorText(asApiError(error))} Showing data from <Ago at={query.dataUpdatedAt / 1000} />.
        </Notice>
      )}
      {children(data)}
    </>
  );
}

function QueryError<T>({ query }: { query: QueryResult<T> }) {
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
      {errorText(error)}
      {error.requestId && <span class="muted"> Request ID: {error.requestId}</span>}
    </Notice>
  );
}

function errorText(error: ApiError): string {
  if (error.unreachable) {
    return navigator.onLine
      ? "The API does not respond. Check that the server is running."
      : "You are offline.";
  }
  return error.status === 429 ? withRetryAfter(error.message, error.retryAfter) : error.message;
}

/** Grey placeholder lines while data is loading. */
export function Skeleton({ rows = 4 }: { rows?: number }) {
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <span key={row} />
      ))}
    </div>
  );
}
