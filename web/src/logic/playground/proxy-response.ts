/** The time that the proxy and the upstream took, in milliseconds. */
export interface ServerTiming {
  readonly proxy: number | undefined;
  readonly upstream: number | undefined;
}

/** The state of a limit; times in seconds. */
export interface ResponseLimit {
  readonly name: string;
  readonly limit: number | undefined;
  readonly window: number | undefined;
  readonly remaining: number | undefined;
  readonly resets: number | undefined;
}

/** Parse the Server-Timing header (W3C Server Timing) of the proxy. */
export function parseServerTiming(field: string | null): ServerTiming {
  const found = new Map<string, number>();
  for (const part of (field ?? "").split(",")) {
    const [, name, milliseconds] = /^\s*([\w-]+)\s*;\s*dur=([\d.]+)/.exec(part) ?? [];
    if (name !== undefined) {
      found.set(name, Number(milliseconds));
    }
  }
  return { proxy: found.get("proxy"), upstream: found.get("upstream") };
}

// Every error type of RFC 9209 section 2.3.
const PROXY_ERRORS: Readonly<Record<string, string>> = {
  connection_limit_reached: "too many connections were open",
  connection_read_timeout: "the API stopped sending its response",
  connection_refused: "the API refused the connection",
  connection_terminated: "the API closed the connection early",
  connection_timeout: "connecting to the API timed out",
  connection_write_timeout: "the API stopped reading the request",
  destination_ip_prohibited: "calls to the API's IP address are not allowed",
  destination_ip_unroutable: "the API's IP address cannot be reached",
  destination_not_found: "no key is stored under that name",
  destination_unavailable: "the API is unavailable",
  dns_error: "the API's host could not be resolved",
  dns_timeout: "resolving the API's host timed out",
  http_protocol_error: "the API's response is not valid HTTP",
  http_request_denied: "the dashboard rejected the request",
  http_request_error: "the request cannot be sent as it is",
  http_response_body_size: "the API's response is too large",
  http_response_content_coding: "the API's response could not be decompressed",
  http_response_header_section_size: "the API's response headers are too large",
  http_response_header_size: "a header of the API's response is too large",
  http_response_incomplete: "the API's response was incomplete",
  http_response_timeout: "the API did not respond in time",
  http_response_trailer_section_size: "the API's response trailers are too large",
  http_response_trailer_size: "a trailer of the API's response is too large",
  http_response_transfer_coding: "the API's response could not be decoded",
  http_upgrade_failed: "the API did not switch protocols",
  proxy_configuration_error: "the stored key cannot be used",
  proxy_internal_error: "the dashboard failed internally",
  proxy_internal_response: "the dashboard responded itself",
  proxy_loop_detected: "the request would loop back to the dashboard",
  tls_alert_received: "the API aborted the TLS connection",
  tls_certificate_error: "the API's certificate is not trusted",
  tls_protocol_error: "no TLS connection to the API could be established",
};

/** The error of a Proxy-Status header (RFC 9209) and its meaning; undefined without an error. */
export function parseProxyError(
  field: string | null,
): { name: string; meaning: string } | undefined {
  const name = /;\s*error=([a-z_]+)/.exec(field ?? "")?.[1];
  return name === undefined
    ? undefined
    : { name, meaning: PROXY_ERRORS[name] ?? "there is no response from the API" };
}

/**
 * The limits in the headers RateLimit-Policy (q, w) and RateLimit (r, t) of
 * draft-ietf-httpapi-ratelimit-headers: by name, in the order of the headers.
 */
export function parseRateLimits(policy: string | null, state: string | null): ResponseLimit[] {
  const limits = new Map<string, ResponseLimit>();
  for (const [field, kinds] of [
    [policy, ["q", "w"]],
    [state, ["r", "t"]],
  ] as const) {
    for (const { name, parameters } of members(field ?? "")) {
      const known = limits.get(name);
      const value = (kind: string) =>
        (kinds as readonly string[]).includes(kind) ? parameters.get(kind) : undefined;
      limits.set(name, {
        name,
        limit: value("q") ?? known?.limit,
        window: value("w") ?? known?.window,
        remaining: value("r") ?? known?.remaining,
        resets: value("t") ?? known?.resets,
      });
    }
  }
  return [...limits.values()];
}

/** The label of a limit. The dashboard's own limits have reserved names (docs/api.md). */
export function limitLabel(name: string): string {
  return name === "policy" ? "Your limit" : name === "token" ? "The token's limit" : `API: ${name}`;
}

/** Parse a list of strings with integer parameters (RFC 9651 section 3.1). */
function members(field: string): { name: string; parameters: Map<string, number> }[] {
  const found = [];
  const member =
    /\s*(?:"((?:[^"\\]|\\.)*)"|([A-Za-z*][^\s;,]*))((?:\s*;\s*[a-z*][\w.*-]*(?:=[^;,]*)?)*)\s*(?:,|$)/y;
  let match;
  while (member.lastIndex < field.length && (match = member.exec(field)) !== null) {
    const [, quoted, token, rest = ""] = match;
    const parameters = new Map<string, number>();
    for (const [, name = "", value = ""] of rest.matchAll(
      /;\s*([a-z*][\w.*-]*)=(-?\d{1,15})(?!\d)/g,
    )) {
      parameters.set(name, Number(value));
    }
    found.push({ name: quoted?.replace(/\\(.)/g, "$1") ?? token ?? "", parameters });
  }
  return found;
}
