import { isApiName } from "../keys/api-names";
import { explainUpstream } from "./upstream";
import type { Explanation, ExplainableRequest } from "./explanation";
import { PROBLEM_TEXTS } from "./problem-codes";
import { explainProblem } from "./problems";

/** Explain what happened to a request and what to do about it. */
export function explain(request: ExplainableRequest): Explanation {
  if (request.rehearsed === true) {
    return explainSimulatedLimit(request);
  }
  if (request.problem === null) {
    return explainUpstream(request);
  }
  if (request.problem === "unknown_api" && !isApiName(request.api_name)) {
    return explainInvalidName(request);
  }
  const explanation = explainProblem(request.problem, request);
  if (request.status === 101) {
    return { ...explanation, summary: `The WebSocket opened, then ended. ${explanation.summary}` };
  }
  // A stream that broke off keeps the status that it started with.
  return request.status < 400
    ? {
        ...explanation,
        summary: `The response started normally (${request.status}), then broke off. ${explanation.summary}`,
      }
    : explanation;
}

/** Explain a name that no API can have, so that no key can be stored under it. */
function explainInvalidName({ api_name, suggestion }: ExplainableRequest): Explanation {
  const where = `“${api_name}” is not a valid API name, so there was nowhere to send the call.`;
  return {
    responsibility: "caller",
    title: PROBLEM_TEXTS.unknown_api.title,
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
