import { isApiName } from "../keys/api-names";
import { statusText } from "../requests/http-status";
import { explainUpstream } from "./upstream";
import type { Explanation, ExplainableRequest } from "./explanation";
import { PROBLEMS } from "./problems";

/** Explain what happened to a request and what to do about it. */
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
      summary: `The dashboard rejected the request: ${request.problem}.`,
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
    // A stream that broke off keeps the status that it started with.
    summary: begun
      ? `The response started normally (${request.status}), then broke off. ${known.summary(request)}`
      : known.summary(request),
    advice: known.advice,
    actions,
    resets,
  };
}

/** Explain a name that no API can have, so that no key can be stored under it. */
function explainInvalidName({ api_name, suggestion }: ExplainableRequest): Explanation {
  const where = `“${api_name}” is not a valid API name, so there was nowhere to send the call.`;
  return {
    responsibility: "caller",
    title: "No key of that API",
    summary:
      suggestion === undefined
        ? where
        : `${where} API names are lowercase. Did you mean ${suggestion.name}?`,
    advice:
      suggestion === undefined
        ? "Correct the name in the URL: lowercase letters, digits, - and _, at most 48 characters."
        : `Use ${suggestion.name} in the URL${suggestion.stored ? "" : ", and add a key for it"}.`,
    actions:
      suggestion === undefined
        ? ["keys"]
        : suggestion.stored
          ? ["key", "keys"]
          : ["new-key", "keys"],
    resets: false,
  };
}

/** Explain a simulated rejection: the client got what the API would have responded. */
function explainSimulatedLimit({ api_name, status }: ExplainableRequest): Explanation {
  return {
    responsibility: "simulation",
    title: "Simulated",
    summary: `Simulated rate limiting is on for the token: the call got ${api_name}'s own rate-limit error (${status}), which asks to wait 2 seconds. ${api_name} was not called, and none of its quota was used.`,
    advice:
      "Check whether the script waited and tried again: look at its later calls. Then stop the simulation.",
    actions: ["later-requests", "simulated-limits"],
    resets: false,
  };
}
