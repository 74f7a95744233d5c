import type { Explanation, SuggestedAction, ExplainableRequest } from "./explanation";

interface Problem {
  readonly title: string;
  readonly summary: (request: ExplainableRequest) => string;
  readonly advice: string;
  /** Defaults to the dashboard. */
  readonly responsibility?: Explanation["responsibility"];
  readonly actions?: readonly SuggestedAction[];
  readonly resets?: boolean;
}

const always = (what: string) => () => what;
const WAIT = "Wait for the time in Retry-After";

/** An explanation of every problem code of the API (docs/api.md) for the request log. */
export const PROBLEMS: Readonly<Record<string, Problem>> = {
  invalid_json: {
    title: "Not strict JSON",
    summary: always("The body sent to the dashboard is not strict JSON."),
    advice: "Send one JSON value in UTF-8, without duplicate members or NaN.",
    responsibility: "caller",
  },
  invalid_request: {
    title: "Not understood",
    summary: always("The dashboard could not make sense of the request, so nothing was sent on."),
    advice: "Look at its path, query and header fields for characters that do not belong there.",
    responsibility: "caller",
  },
  invalid_cursor: {
    title: "Old cursor",
    summary: always("The cursor belongs to another list, or to the same list with other filters."),
    advice: "Start the list again without a cursor.",
    responsibility: "caller",
  },
  invalid_path: {
    title: "Path refused",
    summary: always(
      "The path would leave the API's stored base URL, or holds a token of the dashboard, so nothing was sent.",
    ),
    advice: "Correct the path behind the API's name. “..” is refused in every encoding.",
    responsibility: "caller",
    actions: ["playground"],
  },
  authentication_required: {
    title: "No valid token",
    summary: ({ api_name }) =>
      `The call carried no token of the dashboard that is valid for ${api_name}, or it stood in the wrong place.`,
    advice:
      "Look whether the token was revoked or has expired, and stands where the API's own key would go.",
    responsibility: "caller",
    actions: ["token", "new-token"],
  },
  invalid_credentials: {
    title: "Sign-in refused",
    summary: always("The username or the password is wrong."),
    advice: "Check both.",
    responsibility: "caller",
  },
  invalid_refresh_token: {
    title: "Session over",
    summary: always("The session has ended, or its refresh token was used twice."),
    advice: "Sign in again.",
    responsibility: "caller",
  },
  wrong_password: {
    title: "Wrong password",
    summary: always("The current password is wrong."),
    advice: "Enter it again.",
    responsibility: "caller",
  },
  cross_origin_refused: {
    title: "Another site's page",
    summary: always("The session's cookie was sent from a page that is not the dashboard's."),
    advice: "Call from the dashboard's own pages, or send the refresh token in the body.",
    responsibility: "caller",
  },
  sign_up_closed: {
    title: "Sign-up closed",
    summary: always("This dashboard takes no new accounts."),
    advice: "Ask whoever runs it for an account.",
  },
  invite_required: {
    title: "Invite needed",
    summary: always("Sign-up needs a valid invite code."),
    advice: "Ask whoever runs the dashboard for one.",
    responsibility: "caller",
  },
  token_not_allowed_here: {
    title: "Only for the proxy",
    summary: always("A token for scripts was sent to the dashboard's own API."),
    advice: "Use it below /proxy only; sign in for everything else.",
    responsibility: "caller",
  },
  token_scope: {
    title: "Out of scope",
    summary: ({ method, path, api_name }) =>
      `The token was not given ${method} ${path} of ${api_name}. The API was not called.`,
    advice:
      "Edit the token, or make one, so that its APIs, methods and path prefixes cover this call.",
    responsibility: "caller",
    actions: ["token", "new-token"],
  },
  not_found: {
    title: "Nothing there",
    summary: always("The dashboard has nothing at this path."),
    advice: "Calls go to /proxy/, then the API's name, then its path.",
    responsibility: "caller",
    actions: ["playground"],
  },
  key_not_found: {
    title: "No such key",
    summary: always("The key was deleted, or never existed."),
    advice: "Look through the keys.",
    responsibility: "caller",
    actions: ["keys"],
  },
  token_not_found: {
    title: "No such token",
    summary: always("The token was revoked, or never existed."),
    advice: "Look through the tokens.",
    responsibility: "caller",
    actions: ["token"],
  },
  session_not_found: {
    title: "No such session",
    summary: always("The session has ended meanwhile."),
    advice: "Look through the sessions in your account.",
    responsibility: "caller",
  },
  rate_limit_not_found: {
    title: "No rate limit",
    summary: ({ api_name }) => `No rate limit of ${api_name} is known.`,
    advice: "Set one, or make a call that the API answers with its limits.",
    responsibility: "caller",
    actions: ["limit"],
  },
  unknown_api: {
    title: "No key of that API",
    summary: ({ api_name }) =>
      `No key is stored under the name “${api_name}”, so there was nowhere to send the call.`,
    advice: "Store a key under that name, or correct the name in the address.",
    responsibility: "caller",
    actions: ["new-key", "keys"],
  },
  method_not_allowed: {
    title: "Method not taken",
    summary: ({ method }) => `The dashboard does not take ${method} here.`,
    advice: "Use a method that the Allow field names.",
    responsibility: "caller",
  },
  username_taken: {
    title: "Name taken",
    summary: always("The username, or one that looks like it, is taken."),
    advice: "Choose another one.",
    responsibility: "caller",
  },
  conflict: {
    title: "Changed meanwhile",
    summary: always("Somebody else changed the same thing at the same time."),
    advice: "Look at it again and repeat the change.",
    responsibility: "caller",
  },
  request_too_large: {
    title: "Request too large",
    summary: always("The body is larger than the dashboard passes on, so the API was not called."),
    advice:
      "Send less, in parts, or raise API_DASHBOARD_MAX_REQUEST_BYTES where you run it yourself.",
    responsibility: "caller",
  },
  unsupported_media_type: {
    title: "Not JSON",
    summary: always("The body has to be application/json."),
    advice: "Send Content-Type: application/json.",
    responsibility: "caller",
  },
  invalid_field: {
    title: "A wrong value",
    summary: always("A member of the request is missing, unknown or wrong."),
    advice: "Correct the member that the answer names.",
    responsibility: "caller",
  },
  upstream_not_allowed: {
    title: "Base URL refused",
    summary: always("The base URL is not one that may be called."),
    advice: "Use an https address of a public host, without user name and password.",
    actions: ["key"],
  },
  secret_required: {
    title: "Secret needed again",
    summary: always("The base URL's host was to change without the secret being entered again."),
    advice: "Enter the secret together with the new base URL.",
    actions: ["key"],
  },
  rate_limited: {
    title: "Your own limit",
    summary: ({ api_name }) =>
      `The limit that you set for ${api_name} was used up. The API was not called.`,
    advice: `${WAIT}, call less often, or raise the limit.`,
    actions: ["limit"],
    resets: true,
  },
  token_rate_limited: {
    title: "The token's limit",
    summary: always("The token's own limit was used up. The API was not called."),
    advice: `${WAIT}, or raise the token's limit.`,
    actions: ["token"],
  },
  keys_exhausted: {
    title: "Every key used up",
    summary: ({ api_name }) =>
      `Every key of ${api_name} has used up the quota that the API gives it. The API was not called.`,
    advice: "Wait until the quota begins anew, or store another key under the same name.",
    actions: ["limit", "new-key"],
    resets: true,
  },
  policy_required: {
    title: "No limit of your own",
    summary: ({ api_name }) =>
      `Only a limit that you set can be shared out; there is none for ${api_name}.`,
    advice: "Set a limit for the API, then reserve a part of it.",
    actions: ["limit"],
  },
  reservation_exceeds_limit: {
    title: "More than there is",
    summary: always("What was to be reserved is more than is left of the limit."),
    advice: "Reserve less, or raise the limit.",
    actions: ["limit"],
  },
  reservation_not_found: {
    title: "No such reservation",
    summary: always("The reservation is not there: it may have gone with its token or its limit."),
    advice: "Look at what is reserved of the limit now.",
    actions: ["limit"],
  },
  too_many_reservations: {
    title: "Too many reservations",
    summary: always("An API's limit can be shared out to five tokens at most."),
    advice: "Remove a reservation first.",
    actions: ["limit"],
  },
  no_schedule_here: {
    title: "No schedule here",
    summary: always("Nothing here looks for keys that are due to be checked."),
    advice:
      "Check the key by hand when you want to know, or set scheduledChecks where you deploy it.",
    actions: ["key"],
  },
  too_many_attempts: {
    title: "Too many attempts",
    summary: always("There were too many failed attempts in a short time."),
    advice: `${WAIT}.`,
    responsibility: "caller",
  },
  caller_gone: {
    title: "The caller hung up",
    summary: always(
      "Whoever made the call ended it before the answer was there. The API may have done the work.",
    ),
    advice: "If it was not on purpose, give the caller a longer timeout.",
    responsibility: "caller",
  },
  internal_error: {
    title: "A fault of the dashboard",
    summary: always("Something went wrong on the dashboard's side."),
    advice: "Report it with the request id, which finds it in the server's log.",
  },
  address_refused: {
    title: "Address refused",
    summary: ({ host }) =>
      `${host || "The API's host"} leads to a private or reserved address, which the dashboard never calls.`,
    advice:
      "Correct the key's base URL. A local service for development has to be allowed by API_DASHBOARD_ALLOWED_UPSTREAMS.",
    actions: ["key"],
  },
  name_not_resolved: {
    title: "Host not found",
    summary: ({ host }) => `${host || "The API's host"} could not be resolved to an address.`,
    advice: "Check the host in the key's base URL, and that this server has DNS.",
    actions: ["key"],
  },
  connect_failed: {
    title: "No connection",
    summary: ({ host }) =>
      `${host || "The API's host"} did not take the connection. It may be down.`,
    advice: "Try again later, and look at the API's status page.",
    responsibility: "api",
    actions: ["key", "playground"],
  },
  tls_failed: {
    title: "Certificate not trusted",
    summary: ({ host }) =>
      `The certificate of ${host || "the API's host"} is not trusted, expired or another host's. Nothing was sent.`,
    advice:
      "Check the key's base URL. For an in-house service, name its authority in API_DASHBOARD_CA_FILE.",
    responsibility: "api",
    actions: ["key"],
  },
  upstream_reset: {
    title: "Connection broken off",
    summary: ({ host }) =>
      `${host || "The API"} ended the connection before its answer was whole. The call may have been carried out.`,
    advice: "Try again if the call may be made twice.",
    responsibility: "api",
    actions: ["playground"],
  },
  upstream_malformed: {
    title: "Not valid HTTP",
    summary: ({ host }) => `What ${host || "the API"} answered is not valid HTTP.`,
    advice: "Check that the key's base URL is an API's, then tell its operator.",
    responsibility: "api",
    actions: ["key"],
  },
  response_too_large: {
    title: "Answer too large",
    summary: always("The API's answer is larger than can be passed on here."),
    advice: "Ask for less, for instance for a smaller page.",
    actions: ["playground"],
  },
  secret_unreadable: {
    title: "Stored key unreadable",
    summary: always(
      "The stored secret cannot be decrypted: it was stored under an encryption key that is gone.",
    ),
    advice: "Enter the secret again.",
    actions: ["key"],
  },
  usage_not_recorded: {
    title: "Made, but not recorded",
    summary: always(
      "The API was called, but the call could not be recorded, so its answer was withheld.",
    ),
    advice: "Do not repeat it blindly: look at the API whether it was carried out.",
  },
  storage_unavailable: {
    title: "Database away",
    summary: always(
      "The dashboard's database did not answer, so the call could not be allowed or recorded.",
    ),
    advice: "Try again in a moment. If it stays, look at the server.",
  },
  upstream_timeout: {
    title: "No answer in time",
    summary: ({ host }) =>
      `${host || "The API"} did not answer in time. The call may have been carried out all the same.`,
    advice:
      "Try again if the call may be made twice, ask for less, or raise API_DASHBOARD_UPSTREAM_TIMEOUT.",
    responsibility: "api",
    actions: ["playground"],
  },
};
