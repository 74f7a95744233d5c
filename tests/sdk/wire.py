"""What reaches an upstream through the product, held against the same without it: method, target,
body byte for byte, every field; each difference has to be one of DIFFERENCES.
"""

from __future__ import annotations

import re
from collections import Counter

from api.credentials import AuthScheme
from tests.support.upstream import Received

DIFFERENCES = {
    "credential": "The credential is where the catalogue says, in the catalogue's form: for "
    "example Anthropic's in `x-api-key`, and GitHub's as `Bearer`, while their SDKs send "
    "`Authorization: Bearer` and `token`. The key is inserted there and nowhere else.",
    "placement": "`Host` is the first field, the credential and `Content-Length` are the last, and "
    "their names are capitalised. The order of different fields and the case of names have no "
    "meaning (RFC 9110 5.1, 5.3); all other fields keep both.",
    "connection": "`Connection` and the fields that it names apply to one connection, the client's "
    "to the proxy (RFC 9110 7.6.1). The proxy has its own connections to the upstream.",
    "expect": "The proxy answers `Expect: 100-continue`, which curl sends before a large body, and "
    "then forwards the body.",
    "chunked": "A chunked body of up to 1 MiB is read completely and forwarded with a "
    "`Content-Length`; a longer one stays chunked.",
    "codings": "`Accept-Encoding` is reduced to gzip for APIs in whose bodies URLs are rewritten.",
}
# Fields whose value a client generates for each call: only their presence is compared.
_OWN = frozenset({"idempotency-key", "x-stripe-client-telemetry"})
_PLACED = frozenset({"host", "content-length"})
_CREDENTIALS = frozenset({"authorization", "x-api-key"})

Fields = list[tuple[str, str]]


def differences(
    direct: Received, through: Received, auth: AuthScheme, secret: str, links: bool
) -> set[str]:
    """Return which of DIFFERENCES two requests have. Fails if there is any other difference."""
    before, after = _comparable(direct), _comparable(through)
    assert (through.method, through.target) == (direct.method, direct.target)
    assert after.body == before.body
    found = set()
    if _taken(before.fields, _CREDENTIALS) != _taken(after.fields, _CREDENTIALS):
        found.add("credential")
    _assert_placed(through, auth, secret)
    connection = _taken(before.fields, {"connection"})
    if connection:
        found.add("connection")
    names = {name.strip().lower() for _, value in connection for name in value.split(",")}
    rest = _without(before.fields, _CREDENTIALS | {"connection"} | names)
    there = _without(after.fields, _CREDENTIALS)
    if _taken(rest, {"expect"}):
        found.add("expect")
        rest = _without(rest, {"expect"})
    if _taken(rest, {"transfer-encoding"}) and not _taken(there, {"transfer-encoding"}):
        found.add("chunked")
        assert len(direct.body) <= 1 << 20
        rest = _without(rest, {"transfer-encoding"})
        assert _taken(there, {"content-length"}) == [("content-length", str(len(direct.body)))]
        there = _without(there, {"content-length"})
    if _taken(rest, {"accept-encoding"}) != _taken(there, {"accept-encoding"}):
        found.add("codings")
        assert links
        assert [value for _, value in _taken(there, {"accept-encoding"})] == ["gzip"]
        assert "gzip" in dict(_taken(rest, {"accept-encoding"}))["accept-encoding"]
        rest, there = _without(rest, {"accept-encoding"}), _without(there, {"accept-encoding"})
    assert Counter(_lower(there)) == Counter(_lower(rest))
    assert _without(there, _PLACED) == _without(rest, _PLACED), "order or case of other fields"
    if [name for name, _ in direct.headers if name.lower() != "connection"] != [
        name for name, _ in through.headers
    ]:
        found.add("placement")
    return found


class _Comparable:
    def __init__(self, fields: Fields, body: bytes) -> None:
        self.fields = fields
        self.body = body


def _comparable(received: Received) -> _Comparable:
    """A request without generated values: the boundary of a form, the random name of a file."""
    kind = received.get("Content-Type") or ""
    boundary = kind.partition("boundary=")[2].strip('"')
    fields = [(name, "*" if name.lower() in _OWN else value) for name, value in received.headers]
    body = received.body
    if boundary:
        fields = [(name, value.replace(boundary, "BOUNDARY")) for name, value in fields]
        body = body.replace(boundary.encode(), b"BOUNDARY")
        body = re.sub(rb'filename="tmp[^"]*"', b'filename="FILE"', body)
    return _Comparable(fields, body)


def _assert_placed(through: Received, auth: AuthScheme, secret: str) -> None:
    """Assert that the key occurs once, in the place that the catalogue names."""
    wanted = {
        "bearer": ("authorization", f"Bearer {secret}"),
        "header": ((auth.name or "").lower(), f"{auth.prefix or ''}{secret}"),
    }[auth.scheme]
    assert _taken(through.headers, _CREDENTIALS | {wanted[0]}) == [wanted]


def _taken(fields: Fields, names: frozenset[str] | set[str]) -> Fields:
    return [(name.lower(), value) for name, value in fields if name.lower() in names]


def _without(fields: Fields, names: frozenset[str] | set[str]) -> Fields:
    return [(name, value) for name, value in fields if name.lower() not in names]


def _lower(fields: Fields) -> Fields:
    return [(name.lower(), value) for name, value in fields]
