"""The client's IP address in an API Gateway event. No header field of the client changes it (S14).

Behind CloudFront, the gateway's peer is an address of CloudFront that many clients share. The
client IP is then the second-to-last entry of `X-Forwarded-For`: CloudFront appends the client, API
Gateway appends CloudFront. Anyone can call the gateway directly with any header fields, so the list
is used only if the request has the secret that the CDN sets in every request.

Client IP addresses:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
Custom headers of origins:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html
"""

from __future__ import annotations

import hmac
import socket
from typing import Any

from api.secret import Secret

CDN_FIELD = "x-dashboard-cdn"
_HOPS = "x-forwarded-for"


def with_client_ip(event: dict[str, Any], cdn_secret: Secret | None) -> dict[str, Any]:
    """Return the event (payload format 2.0) with the client's address as its `sourceIp`.

    Removes the CDN's secret, so that no later step sees it. `cdn_secret` is None without a CDN.
    """
    fields = dict(event.get("headers") or {})
    shown = fields.pop(CDN_FIELD, "")
    context = event.get("requestContext") or {}
    http = context.get("http") or {}
    source = str(http.get("sourceIp") or "").strip()
    if is_from_cdn(shown, cdn_secret):
        source = _viewer(fields.get(_HOPS, ""), source)
    return {
        **event,
        "headers": fields,
        "requestContext": {**context, "http": {**http, "sourceIp": source}},
    }


def is_from_cdn(shown: str, cdn_secret: Secret | None) -> bool:
    """Return whether a request has the CDN's secret. Without a CDN, none has."""
    return cdn_secret is not None and hmac.compare_digest(
        shown.encode("utf-8", "surrogatepass"), cdn_secret.reveal().encode("utf-8")
    )


def _viewer(hops: str, peer: str) -> str:
    """Return the second-to-last hop, or the gateway's peer if the list has another form."""
    *_, viewer, last = ["", *(hop.strip() for hop in hops.rsplit(",", 2))]
    return viewer if last == peer and is_address(viewer) else peer


def is_address(text: str) -> bool:
    """Return whether a text is an IPv4 or IPv6 address."""
    try:
        socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
    except (OSError, ValueError):
        return False
    return True
