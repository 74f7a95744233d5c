/** A failed call: a problem document of the API (RFC 9457), or an error found by the browser. */
export class ApiError extends Error {
  /** HTTP status; 0 without a response. */
  readonly status: number;
  /** The API's stable code; `unreachable` without a response. */
  readonly code: string;
  /** The invalid member of the request, if there is one. */
  readonly field: string | undefined;
  readonly requestId: string | undefined;
  /** Seconds to wait, if the API named them. */
  readonly retryAfter: number | undefined;
  /** All members of the problem document, for those that only some codes have. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    detail: string,
    parts: {
      status: number;
      code: string;
      field?: string | undefined;
      requestId?: string | undefined;
      retryAfter?: number | undefined;
      members?: Readonly<Record<string, unknown>>;
    },
  ) {
    super(detail);
    this.name = "ApiError";
    this.status = parts.status;
    this.code = parts.code;
    this.field = parts.field;
    this.requestId = parts.requestId;
    this.retryAfter = parts.retryAfter;
    this.members = parts.members ?? {};
  }

  get unreachable(): boolean {
    return this.code === "unreachable";
  }

  /** Whether a retry may help: no response, or a server error. */
  get transient(): boolean {
    return this.unreachable || this.status >= 500;
  }
}

export function unreachable(): ApiError {
  return new ApiError("The API does not respond.", { status: 0, code: "unreachable" });
}

/** Convert an unsuccessful response. `body` is its parsed JSON, if it had any. */
export function errorFromResponse(response: Response, body: unknown): ApiError {
  const problem = isRecord(body) ? body : {};
  const text = (name: string) => (typeof problem[name] === "string" ? problem[name] : undefined);
  const wait = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  return new ApiError(
    text("detail") ??
      text("title") ??
      `The API responded with status ${response.status} and no error message.`,
    {
      status: response.status,
      code: text("code") ?? "unknown",
      field: text("field"),
      requestId: text("request_id") ?? response.headers.get("x-request-id") ?? undefined,
      retryAfter: Number.isNaN(wait) ? undefined : wait,
      members: problem,
    },
  );
}

/** Convert anything that was thrown to an ApiError. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) {
    return error;
  }
  return new ApiError(
    "Something went wrong on this page. Reload it. If the error persists, report it.",
    {
      status: 0,
      code: "page_error",
    },
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
