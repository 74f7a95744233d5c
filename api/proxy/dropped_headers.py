"""The header fields of a request that never go upstream (S8).

They describe the connection to the dashboard, identify the caller or its browser, or are set by a
CDN or proxy in front of a server, which then believes them: the client's address, the original
host and path, a verified client certificate. Names are in lower case.
"""

from __future__ import annotations

from api.http.fields import HOP_BY_HOP

_BROWSER = {"cookie", "cookie2", "origin", "referer"}

_CLIENT_ADDRESSES = {
    "client-ip",
    "coming-from",
    "fastly-client",
    "fastly-ff",
    "fastly-ssl",
    "fastly-temp-xff",
    "fly-region",
    "forwarded",
    "forwarded-for",
    "forwarded-for-ip",
    "http-forwarded",
    "real-ip",
    "remote-addr",
    "true-client-port",
    "x-akamai-edgescape",
    "x-azure-socketip",
    "x-bb-ip",
    "x-client-address",
    "x-client-port",
    "x-coming-from",
    "x-custom-ip-authorization",
    "x-forward",
    "x-forward-for",
    "x-forwarded",
    "x-forwarder-for",
    "x-nf-client-connection-ip",
    "x-nf-geo",
    "x-nf-request-id",
    "x-original-ip",
    "x-peer-ip",
    "x-proxyuser-ip",
    "x-real-port",
    "x-realip",
    "x-remote-address",
    "x-source-ip",
    "x-sucuri-country",
    "x-true-ip",
}

_ROUTES = {
    "akamai-origin-hop",
    "cdn-loop",
    "front-end-https",
    "host",
    "proxy",
    "via",
    "x-amz-cf-id",
    "x-amzn-tls-cipher-suite",
    "x-amzn-tls-version",
    "x-amzn-trace-id",
    "x-arr-log-id",
    "x-arr-ssl",
    "x-azure-fdid",
    "x-azure-ref",
    "x-azure-requestchain",
    "x-backend-host",
    "x-host",
    "x-host-override",
    "x-http-destinationurl",
    "x-http-host-override",
    "x-original-host",
    "x-original-path",
    "x-original-uri",
    "x-original-url",
    "x-override-url",
    "x-proxy-host",
    "x-real-host",
    "x-real-proto",
    "x-request-uri",
    "x-rewrite-uri",
    "x-rewrite-url",
    "x-scheme",
    "x-script-name",
    "x-url-scheme",
    "x-vercel-id",
    "x-via",
    "x-waws-unencoded-url",
}

# Set by a stack's CDN for the functions (api/aws_lambda/client_ip.py and url_event.py).
_OWN_CDN = {"x-dashboard-cdn", "x-dashboard-host", "x-dashboard-viewer"}

_CLIENT_IDENTITIES = {
    "client-cert",
    "client-cert-chain",
    "x-client-cert",
    "x-client-verify",
    "x-goog-authenticated-user-email",
    "x-goog-authenticated-user-id",
    "x-goog-iap-jwt-assertion",
}

DROPPED = frozenset(
    HOP_BY_HOP | _BROWSER | _CLIENT_ADDRESSES | _ROUTES | _OWN_CDN | _CLIENT_IDENTITIES
)

DROPPED_PREFIXES = (
    "$ws",
    "cf-",
    "cloudfront-",
    "fly-forwarded-",
    "incap-",
    "proxy-",
    "ssl-client-",
    "wl-proxy-",
    "x-amzn-mtls-",
    "x-amzn-oidc-",
    "x-amzn-tls-",
    "x-appengine-",
    "x-envoy-",
    "x-forwarded-",
    "x-ms-client-principal",
    "x-original-forwarded-",
    "x-proxy-client-",
    "x-ssl-client-",
    "x-vercel-forwarded-",
    "x-vercel-ip-",
    "x-vercel-proxied-",
    "x-vercel-proxy-",
)

# Suffixes of such fields, whatever the CDN: `Ali-CDN-Real-IP`.
DROPPED_SUFFIXES = (
    "-client-ip",
    "-clientip",
    "-connecting-ip",
    "-forwarded-for",
    "-originating-ip",
    "-real-ip",
    "-remote-addr",
    "-remote-ip",
    "-src-ip",
)

# Fields of Cloudflare that callers set: service tokens of Access, and options of the AI gateway.
KEPT_PREFIXES = ("cf-access-client-", "cf-access-token", "cf-aig-")
