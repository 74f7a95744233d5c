import type { Explanation, Remedy, Request } from "./explain";
import { statusWord } from "./http-status";

interface Answer {
  readonly what: string;
  readonly todo: string;
  readonly remedies?: readonly Remedy[];
  readonly resets?: boolean;
}

// By status, `{api}` is the API's name.
const ANSWERS: Readonly<Record<number, Answer>> = {
  400: {
    what: "{api} did not understand the request.",
    todo: "Compare path, query and body with its documentation. The answer's body usually says what is wrong.",
    remedies: ["playground"],
  },
  401: {
    what: "{api} refused the stored key: it was revoked, has expired, or is another environment's.",
    todo: "Check the key, and replace it if it is refused.",
    remedies: ["key"],
  },
  402: {
    what: "{api} wants to be paid: the plan or the credit behind the key is used up.",
    todo: "Look at the billing page of {api}.",
    remedies: ["key"],
  },
  403: {
    what: "{api} knows the key but does not allow it this call.",
    todo: "Give the key the permission it lacks at {api}, or store one that has it.",
    remedies: ["key", "playground"],
  },
  404: {
    what: "{api} has nothing at this path, or hides it from this key.",
    todo: "Check the path: what stands in the key's base URL must not be repeated in it.",
    remedies: ["playground", "key"],
  },
  405: {
    what: "{api} does not take {method} at this path.",
    todo: "Use another method.",
    remedies: ["playground"],
  },
  408: {
    what: "{api} waited for the request longer than it likes.",
    todo: "Send it again.",
    remedies: ["playground"],
  },
  409: {
    what: "The call conflicts with the present state at {api}, or was made already.",
    todo: "Read the present state, then decide whether to repeat it.",
    remedies: ["playground"],
  },
  410: {
    what: "What was asked for is gone from {api} for good.",
    todo: "Look for its successor in the documentation.",
  },
  413: {
    what: "The body is larger than {api} takes.",
    todo: "Send less, or in parts.",
  },
  415: {
    what: "{api} does not take this kind of body.",
    todo: "Set Content-Type as its documentation says.",
    remedies: ["playground"],
  },
  422: {
    what: "{api} understood the request, but a value in it is wrong.",
    todo: "The answer's body usually names it.",
    remedies: ["playground"],
  },
  429: {
    what: "{api} itself refused: its own limit for this key is used up. Other keys of the pool, if there are any, were tried.",
    todo: "Wait until it begins anew, set a limit of your own below it, or add a key to the pool.",
    remedies: ["limit", "new-key"],
    resets: true,
  },
  451: {
    what: "{api} may not answer this for legal reasons.",
    todo: "",
  },
  501: {
    what: "{api} does not know how to do this.",
    todo: "Check the method and the path.",
    remedies: ["playground"],
  },
  502: {
    what: "A server in front of {api} got no good answer from behind it. The dashboard only passed that on.",
    todo: "Try again later, and look at the status page of {api}.",
    remedies: ["playground"],
  },
  503: {
    what: "{api} is not available at the moment. The dashboard only passed that on.",
    todo: "Try again later, and look at the status page of {api}.",
    remedies: ["playground"],
  },
  504: {
    what: "A server in front of {api} waited too long for the one behind it. The call may have been carried out.",
    todo: "Try again if the call may be made twice.",
    remedies: ["playground"],
  },
  529: {
    what: "{api} is overloaded.",
    todo: "Try again later.",
    remedies: ["playground"],
  },
};

// By class, where a status has nothing of its own.
const CLASSES: Readonly<Record<number, Answer>> = {
  1: { what: "{api} answered that it goes on.", todo: "" },
  2: { what: "{api} carried it out.", todo: "" },
  3: {
    what: "{api} answered with a redirect, which the dashboard hands to the caller and does not follow.",
    todo: "Let the caller follow it, or call the new address.",
  },
  4: {
    what: "{api} refused the request.",
    todo: "The answer's body usually says why.",
    remedies: ["playground"],
  },
  5: {
    what: "{api} failed on its side.",
    todo: "Try again later, and look at the status page of {api}.",
    remedies: ["playground"],
  },
};

const UNCHANGED: Answer = {
  what: "{api} says that nothing has changed since the caller last asked.",
  todo: "",
};

/** What an answer of the API itself means. */
export function explainUpstream(request: Request): Explanation {
  const { status, api_name, method } = request;
  const answer =
    status === 304
      ? UNCHANGED
      : (ANSWERS[status] ?? CLASSES[Math.floor(status / 100)] ?? CLASSES[5]);
  const names: Readonly<Record<string, string>> = { "{api}": api_name, "{method}": method };
  const filled = (text: string) => text.replace(/\{[a-z]+\}/g, (name) => names[name] ?? name);
  return {
    whose: status < 400 ? "nobody" : "api",
    title: statusWord(status),
    what: filled(answer?.what ?? ""),
    todo: filled(answer?.todo ?? ""),
    remedies: answer?.remedies ?? [],
    resets: answer?.resets ?? false,
  };
}
