import { describe, expect, test } from "vitest";
import { limitLabel, parseRateLimits, parseProxyError, parseServerTiming } from "./proxy-response";

test("Server-Timing has the proxy's and the upstream's time", () => {
  expect(parseServerTiming("proxy;dur=1.7, upstream;dur=312.4")).toEqual({
    proxy: 1.7,
    upstream: 312.4,
  });
  expect(parseServerTiming(null)).toEqual({ proxy: undefined, upstream: undefined });
  expect(parseServerTiming("cache;desc=hit")).toEqual({ proxy: undefined, upstream: undefined });
});

describe("limits", () => {
  test("are merged by name", () => {
    expect(
      parseRateLimits(
        '"policy";q=100;w=60, "requests";q=5000',
        '"policy";r=37;t=12, "requests";r=4999',
      ),
    ).toEqual([
      { name: "policy", limit: 100, window: 60, remaining: 37, resets: 12 },
      { name: "requests", limit: 5000, window: undefined, remaining: 4999, resets: undefined },
    ]);
  });

  test("may have separators in their names", () => {
    expect(parseRateLimits('"a,\\"b;c";q=1', null)).toMatchObject([{ name: 'a,"b;c', limit: 1 }]);
  });

  test.each([
    [null, null],
    ["", ""],
    ["100;w=60", "limit=5"],
    ['"open', null],
    [";;;,,,", "\\"],
  ])("are ignored if the header is invalid: %s", (policy, state) => {
    expect(parseRateLimits(policy, state).every(({ limit }) => limit === undefined)).toBe(true);
  });

  test("of the dashboard have their own labels", () => {
    expect([limitLabel("policy"), limitLabel("token"), limitLabel("requests")]).toEqual([
      "Your limit",
      "The token's limit",
      "API: requests",
    ]);
  });
});

describe("Proxy-Status", () => {
  test("errors are explained", () => {
    expect(parseProxyError("api-dashboard; error=connection_refused")).toEqual({
      name: "connection_refused",
      meaning: "the API refused the connection",
    });
    expect(parseProxyError("api-dashboard; error=something_new")?.meaning).toMatch(/no response/);
    expect(parseProxyError("api-dashboard")).toBeUndefined();
    expect(parseProxyError(null)).toBeUndefined();
  });

  // RFC 9209 section 2.3, in its order.
  test.each([
    ...["dns_timeout", "dns_error"],
    ...["destination_not_found", "destination_unavailable"],
    ...["destination_ip_prohibited", "destination_ip_unroutable"],
    ...["connection_refused", "connection_terminated", "connection_timeout"],
    ...["connection_read_timeout", "connection_write_timeout", "connection_limit_reached"],
    ...["tls_protocol_error", "tls_certificate_error", "tls_alert_received"],
    ...["http_request_error", "http_request_denied", "http_response_incomplete"],
    ...["http_response_header_section_size", "http_response_header_size"],
    ...["http_response_body_size", "http_response_trailer_section_size"],
    ...["http_response_trailer_size", "http_response_transfer_coding"],
    ...["http_response_content_coding", "http_response_timeout", "http_upgrade_failed"],
    ...["http_protocol_error", "proxy_internal_response", "proxy_internal_error"],
    ...["proxy_configuration_error", "proxy_loop_detected"],
  ])("every registered error type has a meaning: %s", (name) => {
    expect(parseProxyError(`x; error=${name}`)?.meaning).not.toMatch(/no response from/);
  });
});
