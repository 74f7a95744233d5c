import type { Explanation, SuggestedAction, ExplainableRequest } from "./explanation";
import { statusText } from "../requests/http-status";

interface ResponseExplanation {
  readonly summary: string;
  readonly advice: string;
  readonly actions?: readonly SuggestedAction[];
  readonly resets?: boolean;
}

// By status, `{api}` is the API's name.
const BY_STATUS: Readonly<Record<number, ResponseExplanation>> = {
  400: {
    summary: "{api} did not understand the request.",
    advice:
      "Compare path, query and body with its documentation. The answer's body usually says what is wrong.",
    actions: ["playground"],
  },
  401: {
    summary:
      "{api} refused the stored key: it was revoked, has expired, or is another environment's.",
    advice: "Check the key, and replace it if it is refused.",
    actions: ["key"],
  },
  402: {
    summary: "{api} wants to be paid: the plan or the credit behind the key is used up.",
    advice: "Look at the billing page of {api}.",
    actions: ["key"],
  },
  403: {
    summary: "{api} knows the key but does not allow it this call.",
    advice: "Give the key the permission it lacks at {api}, or store one that has it.",
    actions: ["key", "playground"],
  },
  404: {
    summary: "{api} has nothing at this path, or hides it from this key.",
    advice: "Check the path: what stands in the key's base URL must not be repeated in it.",
    actions: ["playground", "key"],
  },
  405: {
    summary: "{api} does not take {method} at this path.",
    advice: "Use another method.",
    actions: ["playground"],
  },
  408: {
    summary: "{api} waited for the request longer than it likes.",
    advice: "Send it again.",
    actions: ["playground"],
  },
  409: {
    summary: "The call conflicts with the present state at {api}, or was made already.",
    advice: "Read the present state, then decide whether to repeat it.",
    actions: ["playground"],
  },
  410: {
    summary: "What was asked for is gone from {api} for good.",
    advice: "Look for its successor in the documentation.",
  },
  413: {
    summary: "The body is larger than {api} takes.",
    advice: "Send less, or in parts.",
  },
  415: {
    summary: "{api} does not take this kind of body.",
    advice: "Set Content-Type as its documentation says.",
    actions: ["playground"],
  },
  422: {
    summary: "{api} understood the request, but a value in it is wrong.",
    advice: "The answer's body usually names it.",
    actions: ["playground"],
  },
  429: {
    summary:
      "{api} itself refused: its own limit for this key is used up. Other keys of the pool, if there are any, were tried.",
    advice:
      "Wait until it begins anew, set a limit of your own below it, or add a key to the pool.",
    actions: ["limit", "new-key"],
    resets: true,
  },
  451: {
    summary: "{api} may not answer this for legal reasons.",
    advice: "",
  },
  501: {
    summary: "{api} does not know how to do this.",
    advice: "Check the method and the path.",
    actions: ["playground"],
  },
  502: {
    summary:
      "A server in front of {api} got no good answer from behind it. The dashboard only passed that on.",
    advice: "Try again later, and look at the status page of {api}.",
    actions: ["playground"],
  },
  503: {
    summary: "{api} is not available at the moment. The dashboard only passed that on.",
    advice: "Try again later, and look at the status page of {api}.",
    actions: ["playground"],
  },
  504: {
    summary:
      "A server in front of {api} waited too long for the one behind it. The call may have been carried out.",
    advice: "Try again if the call may be made twice.",
    actions: ["playground"],
  },
  529: {
    summary: "{api} is overloaded.",
    advice: "Try again later.",
    actions: ["playground"],
  },
};

// By class, where a status has nothing of its own.
const BY_CLASS: Readonly<Record<number, ResponseExplanation>> = {
  1: { summary: "{api} answered that it goes on.", advice: "" },
  2: { summary: "{api} carried it out.", advice: "" },
  3: {
    summary:
      "{api} answered with a redirect, which the dashboard hands to the caller and does not follow.",
    advice: "Let the caller follow it, or call the new address.",
  },
  4: {
    summary: "{api} refused the request.",
    advice: "The answer's body usually says why.",
    actions: ["playground"],
  },
  5: {
    summary: "{api} failed on its side.",
    advice: "Try again later, and look at the status page of {api}.",
    actions: ["playground"],
  },
};

const NOT_MODIFIED: ResponseExplanation = {
  summary: "{api} says that nothing has changed since the caller last asked.",
  advice: "",
};

/** What an answer of the API itself means. */
export function explainUpstream(request: ExplainableRequest): Explanation {
  const { status, api_name, method } = request;
  const answer =
    status === 304
      ? NOT_MODIFIED
      : (BY_STATUS[status] ?? BY_CLASS[Math.floor(status / 100)] ?? BY_CLASS[5]);
  const names: Readonly<Record<string, string>> = { "{api}": api_name, "{method}": method };
  const filled = (text: string) => text.replace(/\{[a-z]+\}/g, (name) => names[name] ?? name);
  return {
    responsibility: status < 400 ? "nobody" : "api",
    title: statusText(status),
    summary: filled(answer?.summary ?? ""),
    advice: filled(answer?.advice ?? ""),
    actions: answer?.actions ?? [],
    resets: answer?.resets ?? false,
  };
}
