import { isApiName } from "../keys/api-names";
import { statusText } from "../requests/http-status";
import { explainUpstream } from "./upstream";
import type { Explanation, ExplainableRequest } from "./explanation";
import { PROBLEMS } from "./problems";

/** What happened to a request, in plain words, and what to do about it. */
export function explain(request: ExplainableRequest): Explanation {
  if (request.rehearsed === true) {
    return explainSimulatedLimit(request);
  }
  if (request.problem === null) {
    return explainUpstream(request);
  }
  const known = PROBLEMS[request.problem];
  if (known === undefined) {
    return {
      responsibility: "dashboard",
      title: statusText(request.status),
      summary: `The dashboard refused it: ${request.problem}.`,
      advice: "Look the code up in the API documentation.",
      actions: [],
      resets: false,
    };
  }
  if (request.problem === "unknown_api" && !isApiName(request.api_name)) {
    return explainInvalidName(request);
  }
  const { title, responsibility = "dashboard", actions = [], resets = false } = known;
  const begun = request.status < 400;
  return {
    responsibility,
    title,
    // A stream that broke off keeps the status it began with.
    summary: begun
      ? `The answer began well (${request.status}), then broke off. ${known.summary(request)}`
      : known.summary(request),
    advice: known.advice,
    actions,
    resets,
  };
}

/** A name that no API can have: no key can be stored under it. */
function explainInvalidName({ api_name, suggestion }: ExplainableRequest): Explanation {
  const where = `“${api_name}” cannot be an API’s name, so there was nowhere to send the call.`;
  return {
    responsibility: "caller",
    title: "No key of that API",
    summary:
      suggestion === undefined
        ? where
        : `${where} API names are lower case: did you mean ${suggestion.name}?`,
    advice:
      suggestion === undefined
        ? "Correct the name in the address: lower-case letters, digits, - and _, at most 48 of them."
        : `Write ${suggestion.name} in the address${suggestion.stored ? "" : ", and store a key of it"}.`,
    actions:
      suggestion === undefined
        ? ["keys"]
        : suggestion.stored
          ? ["key", "keys"]
          : ["new-key", "keys"],
    resets: false,
  };
}

/** What a rehearsal's refusal means: the caller got what the API would have answered. */
function explainSimulatedLimit({ api_name, status }: ExplainableRequest): Explanation {
  return {
    responsibility: "rehearsal",
    title: "Rehearsed",
    summary: `The token rehearses a used-up quota: the call got ${api_name}'s own kind of refusal (${status}), which asks to wait for 2 seconds. ${api_name} was not asked, and nothing of its quota was used.`,
    advice:
      "Did the script cope? It should have waited, then tried again: look at its calls from here on. When you know, end the rehearsal.",
    actions: ["afterwards", "rehearsal"],
    resets: false,
  };
}
