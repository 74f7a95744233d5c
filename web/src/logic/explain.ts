import { isApiName, type MeantApi } from "./api-names";
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
  /** A rehearsal refused it: the API was not asked. */
  readonly rehearsed?: boolean;
  /** When it came, where that is known; epoch seconds. */
  readonly at?: number;
  /** What the API's name should have been, where that can be told. */
  readonly meant?: MeantApi | undefined;
}

/** Where something can be done about it. */
export type Remedy =
  | "key"
  | "keys"
  | "new-key"
  | "limit"
  | "token"
  | "new-token"
  | "playground"
  | "rehearsal"
  | "afterwards";

export interface Explanation {
  /** Who refused or failed: the API called, the dashboard, whoever called, a rehearsal; or nobody. */
  readonly whose: "api" | "dashboard" | "caller" | "rehearsal" | "nobody";
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
  if (request.rehearsed === true) {
    return rehearsal(request);
  }
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
  if (request.problem === "unknown_api" && !isApiName(request.api_name)) {
    return impossibleName(request);
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

/** A name that no API can have: no key can be stored under it. */
function impossibleName({ api_name, meant }: Request): Explanation {
  const where = `“${api_name}” cannot be an API’s name, so there was nowhere to send the call.`;
  return {
    whose: "caller",
    title: "No key of that API",
    what:
      meant === undefined
        ? where
        : `${where} API names are lower case: did you mean ${meant.name}?`,
    todo:
      meant === undefined
        ? "Correct the name in the address: lower-case letters, digits, - and _, at most 48 of them."
        : `Write ${meant.name} in the address${meant.stored ? "" : ", and store a key of it"}.`,
    remedies: meant === undefined ? ["keys"] : meant.stored ? ["key", "keys"] : ["new-key", "keys"],
    resets: false,
  };
}

/** What a rehearsal's refusal means: the caller got what the API would have answered. */
function rehearsal({ api_name, status }: Request): Explanation {
  return {
    whose: "rehearsal",
    title: "Rehearsed",
    what: `The token rehearses a used-up quota: the call got ${api_name}'s own kind of refusal (${status}), which asks to wait for 2 seconds. ${api_name} was not asked, and nothing of its quota was used.`,
    todo: "Did the script cope? It should have waited, then tried again: look at its calls from here on. When you know, end the rehearsal.",
    remedies: ["afterwards", "rehearsal"],
    resets: false,
  };
}
