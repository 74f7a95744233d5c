// Generated from api/problem_codes.py by `make types`. Do not edit.

export interface ProblemTexts {
  /** What the code means, without a full stop. */
  readonly title: string;
  /** What happened to a proxied request, with placeholders such as {host}. */
  readonly summary?: string;
  /** What to do. */
  readonly advice: string;
}

export const PROBLEM_TEXTS = {
  invalid_json: {
    title: "The body is not strict JSON",
    advice: "Send one JSON value in UTF-8, without duplicate members, “NaN” or lone surrogates, and at most 32 levels deep.",
  },
  invalid_request: {
    title: "Malformed request",
    summary: "The dashboard could not read the request, so the API was not called.",
    advice: "Correct the request. “detail” in the response says what is wrong.",
  },
  invalid_cursor: {
    title: "The cursor does not belong to this list",
    advice: "Request the list again without a cursor.",
  },
  invalid_path: {
    title: "The path is not allowed",
    summary: "The path would leave the API's base URL, or contains a token of the dashboard. The API was not called.",
    advice: "Correct the path after the API's name. “..” is refused in every encoding.",
  },
  authentication_required: {
    title: "Missing or invalid credential",
    summary: "The request had no token that is valid for {api_name}, or the token was in the wrong place.",
    advice: "Refresh the access token or sign in again. At “/proxy”, check that the token has not been revoked, has not expired, and is sent where the API's own credential goes.",
  },
  invalid_credentials: {
    title: "Wrong username or password",
    advice: "Check both. The response does not say which one is wrong.",
  },
  invalid_refresh_token: {
    title: "Invalid refresh token",
    advice: "Sign in again. A refresh token can be used once.",
  },
  wrong_password: {
    title: "Wrong current password",
    advice: "Enter the current password again.",
  },
  cross_origin_refused: {
    title: "The session cookie was sent from another site",
    advice: "Use the dashboard's own pages, or send the refresh token in the body.",
  },
  sign_up_closed: {
    title: "Sign-up is closed",
    advice: "Ask the operator of the dashboard for an account.",
  },
  invite_required: {
    title: "Sign-up requires an invite code",
    advice: "Send the “invite_code” that the operator of the dashboard gave you.",
  },
  token_not_allowed_here: {
    title: "Personal access tokens are valid only at /proxy",
    advice: "Sign in and send the access token.",
  },
  token_scope: {
    title: "Outside the token's scope",
    summary: "The token does not allow {method} {path} of {api_name}. The API was not called.",
    advice: "Change the token, or create one, so that its APIs, methods and path prefixes cover the request.",
  },
  not_found: {
    title: "Not found",
    summary: "The dashboard has nothing at this path.",
    advice: "Check the path against “/api/docs”. Proxied requests go to “/proxy/”, followed by the API's name and the API's path.",
  },
  key_not_found: {
    title: "No such key",
    advice: "List the keys. This key may have been deleted.",
  },
  token_not_found: {
    title: "No such token",
    advice: "List the tokens. This token may have been revoked.",
  },
  session_not_found: {
    title: "No such session",
    advice: "List the sessions. This session may have ended.",
  },
  rate_limit_not_found: {
    title: "No rate limit is known for this API",
    advice: "Set a policy, or make a request whose response reports the API's limits.",
  },
  reservation_not_found: {
    title: "No such reservation",
    advice: "Read the rate limit. A reservation ends with its token and with the policy.",
  },
  unknown_api: {
    title: "No key for this API",
    summary: "No key is stored under the name “{api_name}”, so there was no API to call.",
    advice: "Store a key under this name, or correct the name in the URL.",
  },
  method_not_allowed: {
    title: "Method not allowed",
    advice: "Use a method that the “Allow” header field lists.",
  },
  username_taken: {
    title: "The username is taken",
    advice: "Choose another username. A name that looks like an existing one is also taken.",
  },
  conflict: {
    title: "Changed by another request at the same time",
    advice: "Read the current state and repeat the change.",
  },
  policy_required: {
    title: "A reservation needs a policy of your own",
    advice: "Set a policy for the API (“PUT /api/rate-limits/{api_name}”), then reserve a part of it.",
  },
  too_many_reservations: {
    title: "Too many reservations for this API",
    advice: "Remove a reservation. An API has at most five.",
  },
  no_schedule_here: {
    title: "Scheduled checks are disabled on this server",
    advice: "Leave out “check_every”, and check the key by hand.",
  },
  request_too_large: {
    title: "The request is too large",
    summary: "The body is larger than the dashboard accepts. The API was not called.",
    advice: "Send less, or send it in parts. “detail” in the response gives the limit in bytes; on one machine, “API_DASHBOARD_MAX_REQUEST_BYTES” sets it for “/proxy”.",
  },
  unsupported_media_type: {
    title: "The body must be application/json",
    advice: "Send “Content-Type: application/json”.",
  },
  invalid_field: {
    title: "A field is missing, unknown or invalid",
    advice: "Correct the field or parameter that “field” names.",
  },
  upstream_not_allowed: {
    title: "The base URL is not allowed",
    advice: "Use an https URL of a public host, on an allowed port, without user name and password.",
  },
  reservation_exceeds_limit: {
    title: "The reservations exceed the limit",
    advice: "Reserve at most “available”, or raise the limit of the policy.",
  },
  secret_required: {
    title: "The secret is required for a new host",
    advice: "Send “secret” together with the new “base_url”.",
  },
  rate_limited: {
    title: "Your limit for this API is exhausted",
    summary: "The limit that you set for {api_name} was exhausted. The API was not called.",
    advice: "Wait for the time in “Retry-After”, send fewer requests, or raise the limit.",
  },
  token_rate_limited: {
    title: "The token's limit is exhausted",
    summary: "The token's own limit was exhausted. The API was not called.",
    advice: "Wait for the time in “Retry-After”, or raise the token's limit.",
  },
  keys_exhausted: {
    title: "All keys of this API are exhausted",
    summary: "Every key of {api_name} had exhausted the quota that the API gives it. The API was not called.",
    advice: "Wait for the time in “Retry-After”, or store another key under the same name.",
  },
  too_many_attempts: {
    title: "Too many attempts",
    advice: "Wait for the time in “Retry-After”.",
  },
  caller_gone: {
    title: "The caller disconnected",
    summary: "The caller disconnected before the response arrived. The API may have carried out the request.",
    advice: "If this was not intended, give the caller a longer timeout. The code appears only in the request log.",
  },
  internal_error: {
    title: "Internal error",
    summary: "Something failed inside the dashboard.",
    advice: "Report it with the “request_id”, which finds it in the server's log.",
  },
  address_refused: {
    title: "The upstream address is not allowed",
    summary: "{host} has a private or reserved address, which the dashboard never calls.",
    advice: "Correct the key's base URL. To allow a local service during development, set “API_DASHBOARD_ALLOWED_UPSTREAMS”.",
  },
  name_not_resolved: {
    title: "The upstream's name cannot be resolved",
    summary: "{host} could not be resolved to an address.",
    advice: "Check the host in the key's base URL, and the server's DNS.",
  },
  connect_failed: {
    title: "Cannot connect to the upstream",
    summary: "{host} did not accept the connection. It may be down.",
    advice: "Try again later, and look at the API's status page.",
  },
  tls_failed: {
    title: "No trusted TLS connection to the upstream",
    summary: "The certificate of {host} is not trusted, has expired or belongs to another host. Nothing was sent.",
    advice: "Check the key's base URL. For an internal service, name its certificate authority in “API_DASHBOARD_CA_FILE”.",
  },
  upstream_reset: {
    title: "The upstream closed the connection early",
    summary: "{host} closed the connection before the response was complete. The API may have carried out the request.",
    advice: "Try again if the request is safe to repeat.",
  },
  upstream_malformed: {
    title: "The upstream's response is not valid HTTP",
    summary: "{host} sent a response that is not valid HTTP.",
    advice: "Check that the key's base URL belongs to an API, then tell the API's operator.",
  },
  response_too_large: {
    title: "The upstream's response is too large",
    summary: "The response of {host} is larger than the dashboard can return here.",
    advice: "Request less, for example a smaller page.",
  },
  secret_unreadable: {
    title: "The stored secret cannot be decrypted",
    summary: "The stored secret was encrypted with a key that this server no longer has.",
    advice: "Enter the key's secret again.",
  },
  usage_not_recorded: {
    title: "The request was made but not recorded",
    summary: "The API was called, but the dashboard could not record the request, so it withheld the response.",
    advice: "Find out whether the API carried out the request before you repeat it. “upstream_status” in the response is the upstream's status.",
  },
  storage_unavailable: {
    title: "The database does not respond",
    summary: "The dashboard's database did not respond, so the request could not be allowed or recorded.",
    advice: "Wait for the time in “Retry-After” and try again. If it persists, check the server.",
  },
  upstream_timeout: {
    title: "The upstream did not respond in time",
    summary: "{host} did not respond in time. The API may have carried out the request.",
    advice: "Try again if the request is safe to repeat, request less, or raise “API_DASHBOARD_UPSTREAM_TIMEOUT”.",
  },
} as const satisfies Readonly<Record<string, ProblemTexts>>;

export type ProblemCode = keyof typeof PROBLEM_TEXTS;
