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
  invalid_request: CALLER,
  invalid_path: { responsibility: "caller", actions: ["setup", "playground"] },
  signature_not_supported: { responsibility: "caller", actions: ["setup", "keys"] },
  authentication_required: { responsibility: "caller", actions: ["token", "new-token", "setup"] },
  second_factor_setup_required: CALLER,
  token_scope: { responsibility: "caller", actions: ["token", "new-token"] },
  address_not_allowed: { responsibility: "caller", actions: ["token"] },
  not_found: { responsibility: "caller", actions: ["playground"] },
  unknown_api: { responsibility: "caller", actions: ["new-key", "keys"] },
  request_too_large: CALLER,
  upgrade_not_supported: CALLER,
  rate_limited: { actions: ["limit"], resets: true },
  token_rate_limited: { actions: ["token"] },
  budget_exceeded: { actions: ["budget"] },
  cost_unbounded: { actions: ["prices", "budget"] },
  keys_exhausted: { actions: ["limit", "new-key"], resets: true },
  too_many_token_calls: CALLER,
  caller_gone: CALLER,
  caller_not_reading: CALLER,
  address_refused: { actions: ["key"] },
  name_not_resolved: { actions: ["key"] },
  connect_failed: { responsibility: "api", actions: ["key", "playground"] },
  tls_failed: { responsibility: "api", actions: ["key"] },
  upstream_reset: { responsibility: "api", actions: ["playground"] },
  upstream_malformed: { responsibility: "api", actions: ["key"] },
  response_too_large: { actions: ["playground"] },
  secret_unreadable: { actions: ["key"] },
  server_stopping: { actions: ["playground"] },
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
    summary: fill(summary, request),
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
