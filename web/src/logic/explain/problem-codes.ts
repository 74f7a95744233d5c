// Generated from api/problem_codes.py by `make types`. Do not edit.

export interface ProblemTexts {
  /** What the code means, without a full stop. */
  readonly title: string;
  /** What happened to a proxied request, with placeholders such as {host}. */
  readonly summary: string;
  /** What to do. */
  readonly advice: string;
}

export const PROBLEM_TEXTS = {
  invalid_request: {
    title: "Malformed request",
    summary: "The dashboard could not read the request, so the API was not called.",
    advice: "Correct the request. “detail” in the response says what is wrong.",
  },
  invalid_path: {
    title: "The path is not allowed",
    summary: "The path would leave the API's base URL, or contains a token of the dashboard. The API was not called.",
    advice: "Correct the path after the API's name. “..” is refused in every encoding.",
  },
  signature_not_supported: {
    title: "Signed requests, such as AWS SigV4, are not supported",
    summary: "The request was signed (AWS SigV4 or a similar scheme). The dashboard cannot sign it again with the stored secret, so the API was not called.",
    advice: "Use a key that is sent with each request, such as a Bedrock API key in “AWS_BEARER_TOKEN_BEDROCK”, in place of an access key that signs requests.",
  },
  authentication_required: {
    title: "Missing or invalid credential",
    summary: "The request had no token that is valid for {api_name}, or the token was in the wrong place.",
    advice: "Refresh the access token or sign in again. At “/proxy”, check that the token has not been revoked, has not expired, and is sent where the API's own credential goes.",
  },
  budget_exceeded: {
    title: "A budget does not cover the call",
    summary: "A budget that applies to calls of {api_name} did not cover the call. The API was not called.",
    advice: "Raise the budget, ask for less in one call, or wait until “reset_at”.",
  },
  cost_unbounded: {
    title: "The cost of the call has no certain bound",
    summary: "A budget applies, and the cost of the call had no certain bound. The API was not called.",
    advice: "Set a maximum of output tokens in the request, or set “unbounded” to “count” in the prices of the API.",
  },
  token_scope: {
    title: "Outside the token's scope",
    summary: "The token does not allow {method} {path} of {api_name}. The API was not called.",
    advice: "Change the token, or create one, so that its APIs, methods and path prefixes cover the request.",
  },
  address_not_allowed: {
    title: "The token may not be used from this address",
    summary: "The token may not be used from the address that the request came from. The API was not called.",
    advice: "Call from an address in the token's “allowed_ips”, or add the address to them. Behind a reverse proxy on one machine, the address is the proxy's.",
  },
  second_factor_setup_required: {
    title: "This dashboard requires a second factor",
    summary: "The session's user has no second factor, which this dashboard requires. The API was not called.",
    advice: "Set up a passkey or an authenticator app on the page “Account”. Personal access tokens keep working.",
  },
  not_found: {
    title: "Not found",
    summary: "The dashboard has nothing at this path.",
    advice: "Check the path against “/api/docs”. Proxied requests go to “/proxy/”, followed by the API's name and the API's path.",
  },
  unknown_api: {
    title: "No key for this API",
    summary: "No key is stored under the name “{api_name}”, so there was no API to call.",
    advice: "Store a key under this name, or correct the name in the URL.",
  },
  request_too_large: {
    title: "The request is too large",
    summary: "The body is larger than the dashboard accepts. The API was not called.",
    advice: "Send less, or send it in parts. “detail” in the response gives the limit in bytes; on one machine, “API_DASHBOARD_MAX_REQUEST_BYTES” sets it for “/proxy”.",
  },
  upgrade_not_supported: {
    title: "The protocol upgrade is not supported",
    summary: "The request asked for a protocol that the dashboard cannot relay here. The API was not called.",
    advice: "Use plain HTTP requests. The proxy relays WebSockets of version 13 on one machine; on AWS it relays none.",
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
    summary: "{api_name} had answered 429 for every key and asked to wait. The API was not called.",
    advice: "Wait for the time in “Retry-After”, or store another key under the same name.",
  },
  too_many_token_calls: {
    title: "Too many calls of the token at once",
    summary: "The token had too many calls in progress. The API was not called.",
    advice: "Make fewer calls at once, or wait for the time in “Retry-After”. “API_DASHBOARD_MAX_CALLS_PER_TOKEN” sets the limit.",
  },
  caller_gone: {
    title: "The caller disconnected",
    summary: "The caller disconnected before the response arrived. The API may have carried out the request.",
    advice: "If this was not intended, give the caller a longer timeout. The code appears only in the request log.",
  },
  caller_not_reading: {
    title: "The caller did not read the response",
    summary: "The caller did not read the response for a minute, so the dashboard ended it.",
    advice: "Read the response as it arrives, or ask for less at once. The code appears only in the request log.",
  },
  internal_error: {
    title: "Internal error",
    summary: "Something failed inside the dashboard.",
    advice: "Report it with the “request_id”, which finds it in the server's log.",
  },
  storage_failed: {
    title: "The database fails",
    summary: "The dashboard's database failed, so the request could not be allowed or recorded.",
    advice: "Do what “detail” in the response says. The server's log says more.",
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
    advice: "If “FERNET_KEYS” was changed, restore its value. Otherwise enter the key's secret again.",
  },
  usage_not_recorded: {
    title: "The request was made but not recorded",
    summary: "The API was called, but the dashboard could not record the request, so it withheld the response.",
    advice: "Find out whether the API carried out the request before you repeat it. “upstream_status” in the response is the upstream's status.",
  },
  server_busy: {
    title: "The server is busy",
    summary: "The dashboard had too much to do at that moment, so the API was not called.",
    advice: "Wait for the time in “Retry-After” and try again.",
  },
  too_many_api_calls: {
    title: "Too many calls to the API at once",
    summary: "{api_name} had too many calls in progress. It was not called.",
    advice: "Wait for the time in “Retry-After”, or find out which calls hang. “API_DASHBOARD_MAX_CALLS_PER_API” sets the limit.",
  },
  storage_not_writable: {
    title: "The database cannot be written",
    summary: "The dashboard's database could not be written, so the API was not called.",
    advice: "Do what “detail” in the response says, such as freeing space on the disk.",
  },
  storage_unavailable: {
    title: "The database does not respond",
    summary: "The dashboard's database did not respond, so the request could not be allowed or recorded.",
    advice: "Wait for the time in “Retry-After” and try again. If it persists, check the server.",
  },
  closed_for_writes: {
    title: "The installation is closed for writes",
    summary: "The installation moves or has moved. The API was not called.",
    advice: "Use the address in “detail”, with the same token, or run “api-dashboard reopen”.",
  },
  server_stopping: {
    title: "The server was stopped during the request",
    summary: "The dashboard was stopped before the response was complete. The API may have carried out the request.",
    advice: "Try again when the server runs again, if the request is safe to repeat. To give long requests more time at a stop, raise “API_DASHBOARD_STOP_TIMEOUT”.",
  },
  server_stopped_unexpectedly: {
    title: "The server ended unexpectedly during the request",
    summary: "The dashboard's process ended during the request, for example because it was killed or the machine was switched off. The API may have carried out the request.",
    advice: "Find out whether the API carried out the request before you repeat it. The code appears only in the request log, with what was last known of the request.",
  },
  upstream_timeout: {
    title: "The upstream did not respond in time",
    summary: "{host} did not respond in time. The API may have carried out the request.",
    advice: "Try again if the request is safe to repeat, request less, or raise the limit that “detail” in the response names.",
  },
  websocket_timeout: {
    title: "The WebSocket reached a time limit",
    summary: "The WebSocket was open, or without a frame, for longer than the dashboard allows.",
    advice: "Connect again. “API_DASHBOARD_WEBSOCKET_TIMEOUT” and “API_DASHBOARD_WEBSOCKET_IDLE_TIMEOUT” set the limits. The code appears only in the request log.",
  },
} as const satisfies Readonly<Record<string, ProblemTexts>>;

export type ProblemCode = keyof typeof PROBLEM_TEXTS;
