import { fillPlaceholders } from "./placeholders";
import type { Explanation, SuggestedAction, ExplainableRequest } from "./explanation";
import { statusText } from "../requests/http-status";

interface ResponseExplanation {
  readonly summary: string;
  readonly advice: string;
  readonly actions?: readonly SuggestedAction[];
  readonly resets?: boolean;
}

// By status; `{api}` is replaced by the API's name.
const BY_STATUS: Readonly<Record<number, ResponseExplanation>> = {
  101: {
    summary: "{api} accepted the WebSocket, and one of the two sides closed it.",
    advice: "",
  },
  400: {
    summary: "{api} did not understand the request.",
    advice:
      "Compare path, query and body with its documentation. The response body usually explains the error.",
    actions: ["playground"],
  },
  401: {
    summary:
      "{api} rejected the stored key: it was revoked, has expired, or belongs to another environment.",
    advice: "Check the key, and replace it if the check fails.",
    actions: ["key"],
  },
  402: {
    summary: "{api} requires payment: the plan or credit behind the key is exhausted.",
    advice: "Check the billing page of {api}.",
    actions: ["key"],
  },
  403: {
    summary: "{api} accepts the key but does not allow it to make this call.",
    advice: "Grant the key the missing permission at {api}, or store a key that has it.",
    actions: ["key", "playground"],
  },
  404: {
    summary: "{api} has nothing at this path, or hides it from this key.",
    advice: "Check the path. Do not repeat what the key's base URL already contains.",
    actions: ["setup", "playground", "key"],
  },
  405: {
    summary: "{api} does not support {method} at this path.",
    advice: "Use another method.",
    actions: ["playground"],
  },
  408: {
    summary: "{api} timed out waiting for the request.",
    advice: "Send it again.",
    actions: ["playground"],
  },
  409: {
    summary: "The call conflicts with the current state at {api}, or was already made.",
    advice: "Read the current state, then decide whether to repeat the call.",
    actions: ["playground"],
  },
  410: {
    summary: "{api} has permanently removed the requested resource.",
    advice: "Look for its replacement in the documentation.",
  },
  413: {
    summary: "The body is larger than {api} accepts.",
    advice: "Send less data, or send it in parts.",
  },
  415: {
    summary: "{api} does not accept this type of body.",
    advice: "Set Content-Type as its documentation says.",
    actions: ["playground"],
  },
  422: {
    summary: "{api} understood the request, but a value in it is invalid.",
    advice: "The response body usually names it.",
    actions: ["playground"],
  },
  429: {
    summary:
      "{api} itself rejected the call: its own limit for this key is exhausted. Other keys in the pool, if any, were tried.",
    advice: "Wait until the limit resets, set your own limit below it, or add a key to the pool.",
    actions: ["limit", "new-key"],
    resets: true,
  },
  451: {
    summary: "{api} cannot respond for legal reasons.",
    advice: "",
  },
  501: {
    summary: "{api} does not support this operation.",
    advice: "Check the method and the path.",
    actions: ["playground"],
  },
  502: {
    summary:
      "A gateway in front of {api} got an invalid response from the server behind it. The dashboard only passed it on.",
    advice: "Try again later, and check the status page of {api}.",
    actions: ["playground"],
  },
  503: {
    summary: "{api} is currently unavailable. The dashboard only passed its response on.",
    advice: "Try again later, and check the status page of {api}.",
    actions: ["playground"],
  },
  504: {
    summary:
      "A gateway in front of {api} timed out waiting for the server behind it. The call may have been processed.",
    advice: "Try again if the call is safe to repeat.",
    actions: ["playground"],
  },
  529: {
    summary: "{api} is overloaded.",
    advice: "Try again later.",
    actions: ["playground"],
  },
};

// By status class, for statuses without an entry of their own.
const BY_CLASS: Readonly<Record<number, ResponseExplanation>> = {
  1: { summary: "{api} sent an interim response.", advice: "" },
  2: { summary: "{api} processed the request.", advice: "" },
  3: {
    summary:
      "{api} responded with a redirect. The dashboard passes it to the client and does not follow it.",
    advice: "Let the client follow it, or call the new address.",
  },
  4: {
    summary: "{api} rejected the request.",
    advice: "The response body usually explains why.",
    actions: ["playground"],
  },
  5: {
    summary: "{api} failed with a server error.",
    advice: "Try again later, and check the status page of {api}.",
    actions: ["playground"],
  },
};

const NOT_MODIFIED: ResponseExplanation = {
  summary: "{api} reports no changes since the client's last request.",
  advice: "",
};

/** Explain a response of the API itself. */
export function explainUpstream(request: ExplainableRequest): Explanation {
  const { status, api_name, method } = request;
  const answer =
    status === 304
      ? NOT_MODIFIED
      : (BY_STATUS[status] ?? BY_CLASS[Math.floor(status / 100)] ?? BY_CLASS[5]);
  const filled = (text: string) => fillPlaceholders(text, { api: api_name, method });
  return {
    responsibility: status < 400 ? "nobody" : "api",
    title: statusText(status),
    summary: filled(answer?.summary ?? ""),
    advice: filled(answer?.advice ?? ""),
    actions: answer?.actions ?? [],
    resets: answer?.resets ?? false,
  };
}
