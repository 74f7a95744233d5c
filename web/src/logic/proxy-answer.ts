/** Milliseconds that the proxy itself and the upstream took. */
export interface Timing {
  readonly proxy: number | undefined;
  readonly upstream: number | undefined;
}

/** What is left of a limit; times in seconds. */
export interface LimitState {
  readonly name: string;
  readonly limit: number | undefined;
  readonly window: number | undefined;
  readonly remaining: number | undefined;
  readonly resets: number | undefined;
}

/** A Server-Timing field (W3C Server Timing) as the proxy writes it. */
export function timingOf(field: string | null): Timing {
  const found = new Map<string, number>();
  for (const part of (field ?? "").split(",")) {
    const [, name, milliseconds] = /^\s*([\w-]+)\s*;\s*dur=([\d.]+)/.exec(part) ?? [];
    if (name !== undefined) {
      found.set(name, Number(milliseconds));
    }
  }
  return { proxy: found.get("proxy"), upstream: found.get("upstream") };
}

// RFC 9209 2.3, those that the proxy uses.
const PROXY_ERRORS: Readonly<Record<string, string>> = {
  connection_limit_reached: "too many connections were open",
  connection_refused: "the API refused the connection",
  connection_terminated: "the API ended the connection early",
  connection_timeout: "the connection was not taken in time",
  destination_ip_prohibited: "the API's address may not be called",
  destination_not_found: "no key is stored under that name",
  dns_error: "the API's host could not be resolved",
  dns_timeout: "the API's host was not resolved in time",
  http_protocol_error: "the API's answer is not valid HTTP",
  http_request_denied: "the dashboard refused the call",
  http_request_error: "the request cannot be sent as it is",
  http_response_body_size: "the API's answer is too large",
  http_response_incomplete: "the API's answer was not whole",
  http_response_timeout: "the API did not answer in time",
  proxy_configuration_error: "the stored key cannot be used",
  proxy_internal_error: "the dashboard could not do its part",
  tls_certificate_error: "the API's certificate is not trusted",
  tls_protocol_error: "no TLS connection to the API",
};

/** The error that a Proxy-Status field names (RFC 9209), with its meaning; none without one. */
export function proxyError(field: string | null): { name: string; words: string } | undefined {
  const name = /;\s*error=([a-z_]+)/.exec(field ?? "")?.[1];
  return name === undefined
    ? undefined
    : { name, words: PROXY_ERRORS[name] ?? "there is no answer of the API" };
}

/**
 * The limits in RateLimit-Policy (q, w) and RateLimit (r, t) fields, as in
 * draft-ietf-httpapi-ratelimit-headers: by name, in the order of the fields.
 */
export function limitsOf(policy: string | null, state: string | null): LimitState[] {
  const limits = new Map<string, LimitState>();
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

/** Whose limit a name means; the dashboard's own are called so (docs/api.md). */
export function limitOwner(name: string): string {
  return name === "policy" ? "Your limit" : name === "token" ? "The token's limit" : `API: ${name}`;
}

/** The members of a list of strings with whole numbers as parameters (RFC 9651 3.1). */
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
