import { statusText } from "../requests/http-status";
import type { Explanation, ExplainableRequest, SuggestedAction } from "./explanation";
import { fillPlaceholders } from "./placeholders";
import { PROBLEM_TEXTS, type ProblemCode, type ProblemTexts } from "./problem-codes";

interface Handling {
  /** Defaults to the dashboard. */
  readonly responsibility?: Explanation["responsibility"];
  readonly actions?: readonly SuggestedAction[];
  readonly resets?: boolean;
}

const CALLER: Handling = { responsibility: "caller" };

/** Who is responsible for a problem, and what the pages offer. The texts are in problem-codes.ts. */
const HANDLING: Readonly<Partial<Record<ProblemCode, Handling>>> = {
  invalid_json: CALLER,
  invalid_request: CALLER,
  invalid_cursor: CALLER,
  invalid_path: { responsibility: "caller", actions: ["playground"] },
  authentication_required: { responsibility: "caller", actions: ["token", "new-token"] },
  invalid_credentials: CALLER,
  invalid_refresh_token: CALLER,
  wrong_password: CALLER,
  cross_origin_refused: CALLER,
  invite_required: CALLER,
  token_not_allowed_here: CALLER,
  token_scope: { responsibility: "caller", actions: ["token", "new-token"] },
  not_found: { responsibility: "caller", actions: ["playground"] },
  key_not_found: { responsibility: "caller", actions: ["keys"] },
  token_not_found: { responsibility: "caller", actions: ["token"] },
  session_not_found: CALLER,
  rate_limit_not_found: { responsibility: "caller", actions: ["limit"] },
  unknown_api: { responsibility: "caller", actions: ["new-key", "keys"] },
  method_not_allowed: CALLER,
  username_taken: CALLER,
  conflict: CALLER,
  request_too_large: CALLER,
  unsupported_media_type: CALLER,
  invalid_field: CALLER,
  upstream_not_allowed: { actions: ["key"] },
  secret_required: { actions: ["key"] },
  rate_limited: { actions: ["limit"], resets: true },
  token_rate_limited: { actions: ["token"] },
  keys_exhausted: { actions: ["limit", "new-key"], resets: true },
  policy_required: { actions: ["limit"] },
  reservation_exceeds_limit: { actions: ["limit"] },
  reservation_not_found: { actions: ["limit"] },
  too_many_reservations: { actions: ["limit"] },
  no_schedule_here: { actions: ["key"] },
  too_many_attempts: CALLER,
  caller_gone: CALLER,
  address_refused: { actions: ["key"] },
  name_not_resolved: { actions: ["key"] },
  connect_failed: { responsibility: "api", actions: ["key", "playground"] },
  tls_failed: { responsibility: "api", actions: ["key"] },
  upstream_reset: { responsibility: "api", actions: ["playground"] },
  upstream_malformed: { responsibility: "api", actions: ["key"] },
  response_too_large: { actions: ["playground"] },
  secret_unreadable: { actions: ["key"] },
  upstream_timeout: { responsibility: "api", actions: ["playground"] },
};

/** Explain a problem of the dashboard. */
export function explainProblem(code: string, request: ExplainableRequest): Explanation {
  if (!isProblemCode(code)) {
    return {
      responsibility: "dashboard",
      title: statusText(request.status),
      summary: `The dashboard rejected the request: ${code}.`,
      advice: "Look the code up in the API documentation.",
      actions: [],
      resets: false,
    };
  }
  const { title, summary, advice }: ProblemTexts = PROBLEM_TEXTS[code];
  const { responsibility = "dashboard", actions = [], resets = false } = HANDLING[code] ?? {};
  return {
    responsibility,
    title,
    summary: summary === undefined ? `${title}.` : fill(summary, request),
    advice,
    actions,
    resets,
  };
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEM_TEXTS, code);
}

function fill(summary: string, request: ExplainableRequest): string {
  const { api_name, method, path } = request;
  const filled = fillPlaceholders(summary, {
    api_name,
    method,
    path,
    host: request.host || "the API's host",
  });
  // The name of a host keeps its case.
  return request.host ? filled : filled.charAt(0).toUpperCase() + filled.slice(1);
}
