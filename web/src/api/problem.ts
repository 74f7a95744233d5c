/** What went wrong with a call, as the API says it (RFC 9457) or as the browser found it. */
export class ApiError extends Error {
  /** HTTP status; 0 when there was no answer at all. */
  readonly status: number;
  /** The API's stable code; `unreachable` when there was no answer. */
  readonly code: string;
  /** The member of the request that was wrong, where one was. */
  readonly field: string | undefined;
  readonly requestId: string | undefined;
  /** Seconds to wait, where the API said so. */
  readonly retryAfter: number | undefined;

  constructor(
    detail: string,
    parts: {
      status: number;
      code: string;
      field?: string | undefined;
      requestId?: string | undefined;
      retryAfter?: number | undefined;
    },
  ) {
    super(detail);
    this.name = "ApiError";
    this.status = parts.status;
    this.code = parts.code;
    this.field = parts.field;
    this.requestId = parts.requestId;
    this.retryAfter = parts.retryAfter;
  }

  get unreachable(): boolean {
    return this.code === "unreachable";
  }

  /** Whether asking again may help: no answer, or a fault on the API's side. */
  get transient(): boolean {
    return this.unreachable || this.status >= 500;
  }
}

export function unreachable(): ApiError {
  return new ApiError("The API does not answer.", { status: 0, code: "unreachable" });
}

/** The error behind an answer that is not a success; `body` is its parsed JSON, if it had any. */
export function errorFromResponse(response: Response, body: unknown): ApiError {
  const problem = isRecord(body) ? body : {};
  const text = (name: string) => (typeof problem[name] === "string" ? problem[name] : undefined);
  const wait = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  return new ApiError(
    text("detail") ?? text("title") ?? `The API answered ${response.status} without saying why.`,
    {
      status: response.status,
      code: text("code") ?? "unknown",
      field: text("field"),
      requestId: text("request_id") ?? response.headers.get("x-request-id") ?? undefined,
      retryAfter: Number.isNaN(wait) ? undefined : wait,
    },
  );
}

/** The error as an ApiError, whatever was thrown. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) {
    return error;
  }
  return new ApiError("The page made a mistake. Reload it; if it stays, report it.", {
    status: 0,
    code: "page_error",
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
