"""The relying party of passkeys: the domain and the origin that they are bound to (S50).

Both come from the public URL, or on one machine from the request's Host, which HostCheck accepted.
"""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

import msgspec

from api.errors import Problem
from api.raw_request import RawRequest

_DEFAULT_PORTS = {"http": 80, "https": 443}


class RelyingParty(msgspec.Struct, frozen=True):
    """`rp_id` is a domain. Browsers sign for `origin` only on a page of that origin."""

    rp_id: str
    origin: str


def relying_party(public_url: str | None, raw_request: RawRequest) -> RelyingParty:
    """Return the relying party of a request.

    Raises Problem(passkeys_unavailable), which names the address to open, where browsers offer no
    passkeys: an IP address, HTTP without `localhost`, and another address than the public URL.
    """
    party = _party(public_url or f"{raw_request.scheme}://{raw_request.host}")
    sent = raw_request.header("origin")
    if sent is not None and sent != party.origin:
        # A page at another address, whose passkeys the browser would refuse.
        raise _unavailable(party.origin)
    return party


def _party(url: str) -> RelyingParty:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise _unavailable("") from None
    shown = "" if port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{port}"
    is_local = host == "localhost" or host.endswith(".localhost")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if address is not None and address.is_loopback:
        raise _unavailable(f"{parts.scheme}://localhost{shown}")
    if address is not None or not host:
        raise _unavailable("")
    if parts.scheme != "https" and not is_local:
        raise _unavailable("")
    return RelyingParty(host, f"{parts.scheme}://{host}{shown}")


def _unavailable(address: str) -> Problem:
    advice = (
        f"Open {address} instead."
        if address
        else "Open the dashboard by a host name over HTTPS. The operator sets its address in "
        "API_DASHBOARD_PUBLIC_URL."
    )
    extra: dict[str, Any] = {"address": address} if address else {}
    return Problem(
        "passkeys_unavailable",
        f"Browsers do not offer passkeys at this address. {advice}",
        **extra,
    )
