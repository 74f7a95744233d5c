import { statusWord } from "./http-status";
import { explainUpstream } from "./explain-upstream";
import { PROBLEMS } from "./explain-problems";

/** As much of a request as is needed to explain it. */
export interface Request {
  readonly status: number;
  /** The code of the dashboard's own problem, if it was one. */
  readonly problem: string | null;
  readonly api_name: string;
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly token_id: string | null;
  readonly key_id: string | null;
}

/** Where something can be done about it. */
export type Remedy = "key" | "keys" | "new-key" | "limit" | "token" | "new-token" | "playground";

export interface Explanation {
  /** Who refused or failed: the API called, the dashboard, whoever called; or nobody. */
  readonly whose: "api" | "dashboard" | "caller" | "nobody";
  readonly title: string;
  /** What happened, in a sentence or two. */
  readonly what: string;
  /** What to do about it; empty where there is nothing to do. */
  readonly todo: string;
  readonly remedies: readonly Remedy[];
  /** It passes by itself when the API's limit begins anew. */
  readonly resets: boolean;
}

/** What happened to a request, in plain words, and what to do about it. */
export function explain(request: Request): Explanation {
  if (request.problem === null) {
    return explainUpstream(request);
  }
  const known = PROBLEMS[request.problem];
  if (known === undefined) {
    return {
      whose: "dashboard",
      title: statusWord(request.status),
      what: `The dashboard refused it: ${request.problem}.`,
      todo: "Look the code up in the API documentation.",
      remedies: [],
      resets: false,
    };
  }
  const { title, whose = "dashboard", remedies = [], resets = false } = known;
  const begun = request.status < 400;
  return {
    whose,
    title,
    // A stream that broke off keeps the status it began with.
    what: begun
      ? `The answer began well (${request.status}), then broke off. ${known.what(request)}`
      : known.what(request),
    todo: known.todo,
    remedies,
    resets,
  };
}
