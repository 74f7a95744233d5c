"""What reaches an upstream through the product, held against the same without it: method, target,
body byte for byte, every field; each difference has to be one of DIFFERENCES.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from dataclasses import dataclass

from api.services.keys.provider import Provider
from api.spend.budgets import ApiPricing
from api.spend.prices.providers import provider_of
from tests.support.upstream import Received

DIFFERENCES = {
    "credential": "The credential is where the catalogue says, in the catalogue's form: for "
    "example Anthropic's in `x-api-key`, and GitHub's as `Bearer`, while their SDKs send "
    "`Authorization: Bearer` and `token`. The key is inserted there and nowhere else, also in the "
    "content of an upload, which google-genai sends without a credential.",
    "placement": "`Host` is the first field, the credential and `Content-Length` are the last, and "
    "their names are capitalised. The order of different fields and the case of names have no "
    "meaning (RFC 9110 5.1, 5.3); all other fields keep both.",
    "connection": "`Connection` and the fields that it names apply to one connection, the client's "
    "to the proxy (RFC 9110 7.6.1). The proxy has its own connections to the upstream.",
    "expect": "The proxy answers `Expect: 100-continue`, which curl sends before a large body, and "
    "then forwards the body.",
    "chunked": "A chunked body of up to 1 MiB is read completely and forwarded with a "
    "`Content-Length`; a longer one stays chunked.",
    "trace": "`X-Amzn-Trace-Id`, in which huggingface_hub sends a number of each request, is not "
    "forwarded: AWS sets this field.",
    "cookie": "`Cookie` is not forwarded. @mistralai/mistralai sends an empty one.",
    "codings": "`Accept-Encoding` is reduced to gzip for APIs in whose bodies URLs are rewritten, "
    "and to gzip and deflate for APIs with a price, because usage is read from their responses.",
}
AWS_DIFFERENCES = {
    "names": "Field names are in lower case, and repeated fields are joined to one, because the "
    "function receives the request as an event.",
    "identity": "`Accept-Encoding` is `identity`, because a function URL undoes the coding of a "
    "streamed response. The difference of `Accept-Encoding` above does not apply.",
}
"""What the streaming function on AWS changes in addition to DIFFERENCES."""
# Fields whose value a client generates for each call: only their presence is compared.
_OWN = frozenset({"idempotency-key", "x-deepgram-session-id", "x-stripe-client-telemetry"})
_CODINGS = frozenset({"accept-encoding"})
_READ = frozenset({"gzip", "deflate"})
_PLACED = frozenset({"host", "content-length"})

Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class SentKey:
    """The key that should arrive, and the entry of its provider, which says where.

    No key should arrive at `keyless_host`, a further host of the API.
    """

    provider: Provider
    secret: str
    username: str
    keyless_host: str = ""

    @property
    def field(self) -> tuple[str, str] | None:
        """The header field with the key, None if it is in the path."""
        auth = self.provider.auth
        if auth.scheme == "path":
            return None
        if auth.scheme == "basic":
            pair = f"{auth.username or self.username}:{self.secret}".encode()
            return "authorization", f"Basic {base64.b64encode(pair).decode()}"
        if auth.scheme == "bearer":
            return "authorization", f"Bearer {self.secret}"
        return (auth.name or "").lower(), f"{auth.prefix or ''}{self.secret}"

    @property
    def names(self) -> frozenset[str]:
        """The names of the header fields in which clients of the API send a key."""
        accepted = self.provider.credential_locations
        names = {name.partition(":")[2] for name in accepted if name.startswith("header:")}
        return frozenset({"authorization", "x-api-key", *names} | set((self.field or ())[:1]))


def differences(
    direct: Received,
    through: Received,
    key: SentKey,
    links: bool,
    is_event: bool,
) -> set[str]:
    """Return which of DIFFERENCES, and for an event of AWS_DIFFERENCES, two requests have.

    Fails if there is any other difference.
    """
    before, after = _comparable(direct), _comparable(through)
    assert (through.method, through.target) == (direct.method, direct.target)
    assert after.body == before.body
    found: set[str] = set()
    if key.field is not None and not _taken(before.fields + after.fields, key.names):
        # The client calls another host itself, without a credential.
        assert after.fields == before.fields
        return found
    if _taken(before.fields, key.names) != _taken(after.fields, key.names):
        found.add("credential")
    _assert_placed(through, key)
    connection = _taken(before.fields, {"connection"})
    if connection:
        found.add("connection")
    names = {name.strip().lower() for _, value in connection for name in value.split(",")}
    rest = _without(before.fields, key.names | {"connection"} | names)
    there = _without(after.fields, key.names)
    if _taken(rest, {"expect"}):
        found.add("expect")
        rest = _without(rest, {"expect"})
    if _taken(rest, {"x-amzn-trace-id"}):
        found.add("trace")
        rest = _without(rest, {"x-amzn-trace-id"})
    if ("cookie", "") in _taken(rest, {"cookie"}):
        found.add("cookie")
        rest = _without(rest, {"cookie"})
    if _taken(rest, {"transfer-encoding"}) and not _taken(there, {"transfer-encoding"}):
        found.add("chunked")
        assert len(direct.body) <= 1 << 20
        rest = _without(rest, {"transfer-encoding"})
        assert _taken(there, {"content-length"}) == [("content-length", str(len(direct.body)))]
        there = _without(there, {"content-length"})
    before_codings, codings = _taken(rest, _CODINGS), _taken(there, _CODINGS)
    if codings != before_codings:
        found.add("identity" if is_event else "codings")
        if is_event:
            expected = "identity"
        else:
            assert (links or _is_priced(key)) and "gzip" in before_codings[0][1]
            expected = "gzip" if links else readable_codings(before_codings[0][1])
        assert [value for _, value in codings] == [expected]
        rest, there = _without(rest, _CODINGS), _without(there, _CODINGS)
    assert Counter(_lower(there)) == Counter(_lower(rest))
    if is_event:
        found.add("names")
    else:
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
    """A request without generated values: the boundary of a form, random names of files."""
    kind = received.get("Content-Type") or ""
    boundary = kind.partition("boundary=")[2].strip('"')
    fields = [(name, "*" if name.lower() in _OWN else value) for name, value in received.headers]
    body = received.body
    if boundary:
        fields = [(name, value.replace(boundary, "BOUNDARY")) for name, value in fields]
        body = body.replace(boundary.encode(), b"BOUNDARY")
        body = re.sub(rb'filename="tmp[^"]*"', b'filename="FILE"', body)
        # grammy gives the part that `attach://` names a random name.
        for name in re.findall(rb"attach://(\w+)", body):
            body = body.replace(name, b"PART")
    return _Comparable(fields, body)


def _assert_placed(through: Received, key: SentKey) -> None:
    """Assert that the key occurs once, in the place that the catalogue names, and not at a further
    host.
    """
    if key.field is None:
        assert through.target.count(key.secret) == 1
    is_further = key.keyless_host and through.get("Host") == key.keyless_host
    wanted = [] if key.field is None or is_further else [key.field]
    assert _taken(through.headers, key.names) == wanted


def _taken(fields: Fields, names: frozenset[str] | set[str]) -> Fields:
    return [(name.lower(), value) for name, value in fields if name.lower() in names]


def _without(fields: Fields, names: frozenset[str] | set[str]) -> Fields:
    return [(name, value) for name, value in fields if name.lower() not in names]


def _lower(fields: Fields) -> Fields:
    return [(name.lower(), value) for name, value in fields]


def _is_priced(key: SentKey) -> bool:
    """Return whether the API's calls have prices."""
    slug = key.provider.slug
    return provider_of(ApiPricing(slug, slug, key.provider.base_url or "")) != ""


def readable_codings(codings: str) -> str:
    """Return the codings in which usage is read."""
    return ", ".join(one for one in codings.split(", ") if one.partition(";")[0] in _READ)
