import type { Explanation, Remedy, Request } from "./explain";

interface Problem {
  readonly title: string;
  readonly what: (request: Request) => string;
  readonly todo: string;
  /** The dashboard's unless it says something else. */
  readonly whose?: Explanation["whose"];
  readonly remedies?: readonly Remedy[];
  readonly resets?: boolean;
}

const said = (what: string) => () => what;
const wait = "Wait for the time in Retry-After";

/** Every problem code of the API (docs/api.md) in words for whoever looks at the log. */
export const PROBLEMS: Readonly<Record<string, Problem>> = {
  invalid_json: {
    title: "Not strict JSON",
    what: said("The body sent to the dashboard is not strict JSON."),
    todo: "Send one JSON value in UTF-8, without duplicate members or NaN.",
    whose: "caller",
  },
  invalid_request: {
    title: "Not understood",
    what: said("The dashboard could not make sense of the request, so nothing was sent on."),
    todo: "Look at its path, query and header fields for characters that do not belong there.",
    whose: "caller",
  },
  invalid_cursor: {
    title: "Old cursor",
    what: said("The cursor belongs to another list, or to the same list with other filters."),
    todo: "Start the list again without a cursor.",
    whose: "caller",
  },
  invalid_path: {
    title: "Path refused",
    what: said(
      "The path would leave the API's stored base URL, or holds a token of the dashboard, so nothing was sent.",
    ),
    todo: "Correct the path behind the API's name. “..” is refused in every encoding.",
    whose: "caller",
    remedies: ["playground"],
  },
  authentication_required: {
    title: "No valid token",
    what: ({ api_name }) =>
      `The call carried no token of the dashboard that is valid for ${api_name}, or it stood in the wrong place.`,
    todo: "Look whether the token was revoked or has expired, and stands where the API's own key would go.",
    whose: "caller",
    remedies: ["token", "new-token"],
  },
  invalid_credentials: {
    title: "Sign-in refused",
    what: said("The username or the password is wrong."),
    todo: "Check both.",
    whose: "caller",
  },
  invalid_refresh_token: {
    title: "Session over",
    what: said("The session has ended, or its refresh token was used twice."),
    todo: "Sign in again.",
    whose: "caller",
  },
  wrong_password: {
    title: "Wrong password",
    what: said("The current password is wrong."),
    todo: "Enter it again.",
    whose: "caller",
  },
  cross_origin_refused: {
    title: "Another site's page",
    what: said("The session's cookie was sent from a page that is not the dashboard's."),
    todo: "Call from the dashboard's own pages, or send the refresh token in the body.",
    whose: "caller",
  },
  sign_up_closed: {
    title: "Sign-up closed",
    what: said("This dashboard takes no new accounts."),
    todo: "Ask whoever runs it for an account.",
  },
  invite_required: {
    title: "Invite needed",
    what: said("Sign-up needs a valid invite code."),
    todo: "Ask whoever runs the dashboard for one.",
    whose: "caller",
  },
  token_not_allowed_here: {
    title: "Only for the proxy",
    what: said("A token for scripts was sent to the dashboard's own API."),
    todo: "Use it below /proxy only; sign in for everything else.",
    whose: "caller",
  },
  token_scope: {
    title: "Out of scope",
    what: ({ method, path, api_name }) =>
      `The token was not given ${method} ${path} of ${api_name}. The API was not called.`,
    todo: "Edit the token, or make one, so that its APIs, methods and path prefixes cover this call.",
    whose: "caller",
    remedies: ["token", "new-token"],
  },
  not_found: {
    title: "Nothing there",
    what: said("The dashboard has nothing at this path."),
    todo: "Calls go to /proxy/, then the API's name, then its path.",
    whose: "caller",
    remedies: ["playground"],
  },
  key_not_found: {
    title: "No such key",
    what: said("The key was deleted, or never existed."),
    todo: "Look through the keys.",
    whose: "caller",
    remedies: ["keys"],
  },
  token_not_found: {
    title: "No such token",
    what: said("The token was revoked, or never existed."),
    todo: "Look through the tokens.",
    whose: "caller",
    remedies: ["token"],
  },
  session_not_found: {
    title: "No such session",
    what: said("The session has ended meanwhile."),
    todo: "Look through the sessions in your account.",
    whose: "caller",
  },
  rate_limit_not_found: {
    title: "No rate limit",
    what: ({ api_name }) => `No rate limit of ${api_name} is known.`,
    todo: "Set one, or make a call that the API answers with its limits.",
    whose: "caller",
    remedies: ["limit"],
  },
  unknown_api: {
    title: "No key of that API",
    what: ({ api_name }) =>
      `No key is stored under the name “${api_name}”, so there was nowhere to send the call.`,
    todo: "Store a key under that name, or correct the name in the address.",
    whose: "caller",
    remedies: ["new-key", "keys"],
  },
  method_not_allowed: {
    title: "Method not taken",
    what: ({ method }) => `The dashboard does not take ${method} here.`,
    todo: "Use a method that the Allow field names.",
    whose: "caller",
  },
  username_taken: {
    title: "Name taken",
    what: said("The username, or one that looks like it, is taken."),
    todo: "Choose another one.",
    whose: "caller",
  },
  conflict: {
    title: "Changed meanwhile",
    what: said("Somebody else changed the same thing at the same time."),
    todo: "Look at it again and repeat the change.",
    whose: "caller",
  },
  request_too_large: {
    title: "Request too large",
    what: said("The body is larger than the dashboard passes on, so the API was not called."),
    todo: "Send less, in parts, or raise API_DASHBOARD_MAX_REQUEST_BYTES where you run it yourself.",
    whose: "caller",
  },
  unsupported_media_type: {
    title: "Not JSON",
    what: said("The body has to be application/json."),
    todo: "Send Content-Type: application/json.",
    whose: "caller",
  },
  invalid_field: {
    title: "A wrong value",
    what: said("A member of the request is missing, unknown or wrong."),
    todo: "Correct the member that the answer names.",
    whose: "caller",
  },
  upstream_not_allowed: {
    title: "Base URL refused",
    what: said("The base URL is not one that may be called."),
    todo: "Use an https address of a public host, without user name and password.",
    remedies: ["key"],
  },
  secret_required: {
    title: "Secret needed again",
    what: said("The base URL's host was to change without the secret being entered again."),
    todo: "Enter the secret together with the new base URL.",
    remedies: ["key"],
  },
  rate_limited: {
    title: "Your own limit",
    what: ({ api_name }) =>
      `The limit that you set for ${api_name} was used up. The API was not called.`,
    todo: `${wait}, call less often, or raise the limit.`,
    remedies: ["limit"],
    resets: true,
  },
  token_rate_limited: {
    title: "The token's limit",
    what: said("The token's own limit was used up. The API was not called."),
    todo: `${wait}, or raise the token's limit.`,
    remedies: ["token"],
  },
  keys_exhausted: {
    title: "Every key used up",
    what: ({ api_name }) =>
      `Every key of ${api_name} has used up the quota that the API gives it. The API was not called.`,
    todo: "Wait until the quota begins anew, or store another key under the same name.",
    remedies: ["limit", "new-key"],
    resets: true,
  },
  policy_required: {
    title: "No limit of your own",
    what: ({ api_name }) =>
      `Only a limit that you set can be shared out; there is none for ${api_name}.`,
    todo: "Set a limit for the API, then reserve a part of it.",
    remedies: ["limit"],
  },
  reservation_exceeds_limit: {
    title: "More than there is",
    what: said("What was to be reserved is more than is left of the limit."),
    todo: "Reserve less, or raise the limit.",
    remedies: ["limit"],
  },
  reservation_not_found: {
    title: "No such reservation",
    what: said("The reservation is not there: it may have gone with its token or its limit."),
    todo: "Look at what is reserved of the limit now.",
    remedies: ["limit"],
  },
  too_many_reservations: {
    title: "Too many reservations",
    what: said("An API's limit can be shared out to five tokens at most."),
    todo: "Remove a reservation first.",
    remedies: ["limit"],
  },
  no_schedule_here: {
    title: "No schedule here",
    what: said("Nothing here looks for keys that are due to be checked."),
    todo: "Check the key by hand when you want to know, or set scheduledChecks where you deploy it.",
    remedies: ["key"],
  },
  too_many_attempts: {
    title: "Too many attempts",
    what: said("There were too many failed attempts in a short time."),
    todo: `${wait}.`,
    whose: "caller",
  },
  caller_gone: {
    title: "The caller hung up",
    what: said(
      "Whoever made the call ended it before the answer was there. The API may have done the work.",
    ),
    todo: "If it was not on purpose, give the caller a longer timeout.",
    whose: "caller",
  },
  internal_error: {
    title: "A fault of the dashboard",
    what: said("Something went wrong on the dashboard's side."),
    todo: "Report it with the request id, which finds it in the server's log.",
  },
  address_refused: {
    title: "Address refused",
    what: ({ host }) =>
      `${host || "The API's host"} leads to a private or reserved address, which the dashboard never calls.`,
    todo: "Correct the key's base URL. A local service for development has to be allowed by API_DASHBOARD_ALLOWED_UPSTREAMS.",
    remedies: ["key"],
  },
  name_not_resolved: {
    title: "Host not found",
    what: ({ host }) => `${host || "The API's host"} could not be resolved to an address.`,
    todo: "Check the host in the key's base URL, and that this server has DNS.",
    remedies: ["key"],
  },
  connect_failed: {
    title: "No connection",
    what: ({ host }) => `${host || "The API's host"} did not take the connection. It may be down.`,
    todo: "Try again later, and look at the API's status page.",
    whose: "api",
    remedies: ["key", "playground"],
  },
  tls_failed: {
    title: "Certificate not trusted",
    what: ({ host }) =>
      `The certificate of ${host || "the API's host"} is not trusted, expired or another host's. Nothing was sent.`,
    todo: "Check the key's base URL. For an in-house service, name its authority in API_DASHBOARD_CA_FILE.",
    whose: "api",
    remedies: ["key"],
  },
  upstream_reset: {
    title: "Connection broken off",
    what: ({ host }) =>
      `${host || "The API"} ended the connection before its answer was whole. The call may have been carried out.`,
    todo: "Try again if the call may be made twice.",
    whose: "api",
    remedies: ["playground"],
  },
  upstream_malformed: {
    title: "Not valid HTTP",
    what: ({ host }) => `What ${host || "the API"} answered is not valid HTTP.`,
    todo: "Check that the key's base URL is an API's, then tell its operator.",
    whose: "api",
    remedies: ["key"],
  },
  response_too_large: {
    title: "Answer too large",
    what: said("The API's answer is larger than can be passed on here."),
    todo: "Ask for less, for instance for a smaller page.",
    remedies: ["playground"],
  },
  secret_unreadable: {
    title: "Stored key unreadable",
    what: said(
      "The stored secret cannot be decrypted: it was stored under an encryption key that is gone.",
    ),
    todo: "Enter the secret again.",
    remedies: ["key"],
  },
  usage_not_recorded: {
    title: "Made, but not recorded",
    what: said(
      "The API was called, but the call could not be recorded, so its answer was withheld.",
    ),
    todo: "Do not repeat it blindly: look at the API whether it was carried out.",
  },
  storage_unavailable: {
    title: "Database away",
    what: said(
      "The dashboard's database did not answer, so the call could not be allowed or recorded.",
    ),
    todo: "Try again in a moment. If it stays, look at the server.",
  },
  upstream_timeout: {
    title: "No answer in time",
    what: ({ host }) =>
      `${host || "The API"} did not answer in time. The call may have been carried out all the same.`,
    todo: "Try again if the call may be made twice, ask for less, or raise API_DASHBOARD_UPSTREAM_TIMEOUT.",
    whose: "api",
    remedies: ["playground"],
  },
};
