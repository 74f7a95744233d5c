"""Who called, from an API Gateway event: an address that no field of the caller's can change (S14).

The gateway names the peer of its connection. Behind our CDN that is one of CloudFront's own
addresses, the same for many callers; the viewer's stands in X-Forwarded-For, to which CloudFront
appends it, and the gateway CloudFront's. But everybody can call the gateway by its own address with
any fields: that list counts only beside the secret that our CDN sets in every request, whatever a
viewer sent in its place.

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
    """The event (payload format 2.0) with the caller's address as its `sourceIp`, and without the
    CDN's secret, which so goes no further. Without a `cdn_secret` there is no CDN.
    """
    fields = dict(event.get("headers") or {})
    shown = fields.pop(CDN_FIELD, "")
    context = event.get("requestContext") or {}
    http = context.get("http") or {}
    source = str(http.get("sourceIp") or "").strip()
    if cdn_secret is not None and _same(shown, cdn_secret):
        source = _viewer(fields.get(_HOPS, ""), source)
    return {
        **event,
        "headers": fields,
        "requestContext": {**context, "http": {**http, "sourceIp": source}},
    }


def _same(shown: str, secret: Secret) -> bool:
    return hmac.compare_digest(
        shown.encode("utf-8", "surrogatepass"), secret.reveal().encode("utf-8")
    )


def _viewer(hops: str, peer: str) -> str:
    """The hop before the gateway's own entry; the gateway's peer where the list is not as AWS
    makes it.
    """
    *_, viewer, last = ["", *(hop.strip() for hop in hops.rsplit(",", 2))]
    return viewer if last == peer and _is_address(viewer) else peer


def _is_address(text: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
    except (OSError, ValueError):
        return False
    return True
