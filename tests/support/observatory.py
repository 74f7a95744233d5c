"""The score that Mozilla's HTTP Observatory gives to a page for its header fields.

The rules and points are those of https://github.com/mdn/mdn-http-observatory (src/analyzer/tests,
src/grader/charts.js, src/scanner/index.js, August 2026). What the pages do not have (nonces, other
fields in `meta` elements) is rejected. What needs external data (preload lists, other domains)
counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

SIX_MONTHS = 15_768_000  # seconds
_BONUS_FROM = 90

_BROAD = {"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"}
_INLINE = {"'unsafe-inline'", "data:"}
_PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
_TELLING = {"origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"}
_CSP_RESULTS = {
    "implemented-with-no-unsafe-default-src-none": 10,
    "implemented-with-no-unsafe": 5,
    "implemented-with-unsafe-inline-in-style-src-only": 0,
    "implemented-with-insecure-scheme-in-passive-content-only": -10,
    "implemented-with-unsafe-eval": -10,
    "implemented-with-unsafe-inline": -20,
    "implemented-with-insecure-scheme": -20,
    "header-invalid": -25,
    "not-implemented": -25,
}


@dataclass(frozen=True)
class Scan:
    """The front page of a site over https, as the Observatory requests it.

    `headers` are the fields of the answer in order, `cors` those of an answer to a request with a
    foreign Origin, `origin` that origin. `http` says what plain http leads to: `redirect` to the
    same host over https, `none` when nothing answers, `served` when the page comes without TLS.
    """

    headers: Sequence[tuple[str, str]]
    page: str
    http: str
    cors: Sequence[tuple[str, str]] = ()
    origin: str = "https://foreign.example"

    def all(self, name: str) -> list[str]:
        """Return all values of a field."""
        return [value for field, value in self.headers if field.lower() == name.lower()]

    def first(self, name: str) -> str | None:
        """Return the first value of a field."""
        values = self.all(name)
        return values[0] if values else None


# The two rules about TLS, which a server on loopback does not have.
ABOUT_TRANSPORT = frozenset({"strict-transport-security", "redirection"})


def modifiers(scan: Scan) -> dict[str, int]:
    """Return the points of each rule, which are added to 100."""
    parser = _Page(scan.page)
    csp = _policy([*scan.all("content-security-policy"), *parser.policies])
    return {
        "content-security-policy": _CSP_RESULTS[_rate_policy(csp)],
        "cookies": _cookies(scan),
        "cross-origin-resource-sharing": _sharing(scan),
        "redirection": {"redirect": 0, "none": 0, "served": -20}[scan.http],
        "referrer-policy": _referrer(scan),
        "strict-transport-security": _transport(scan),
        "subresource-integrity": _integrity(parser.scripts),
        "x-content-type-options": 0 if _lower(scan, "x-content-type-options") == "nosniff" else -5,
        "x-frame-options": _frames(scan, csp),
        "cross-origin-resource-policy": _named(
            scan, "cross-origin-resource-policy", {"same-site", "same-origin"}, {"cross-origin"}
        ),
        "cross-origin-opener-policy": _named(
            scan,
            "cross-origin-opener-policy",
            {"same-origin", "same-origin-allow-popups", "noopener-allow-popups"},
            {"unsafe-none"},
        ),
        "cross-origin-embedder-policy": _named(
            scan,
            "cross-origin-embedder-policy",
            {"require-corp", "credentialless"},
            {"unsafe-none"},
        ),
    }


def score(points: Mapping[str, int]) -> int:
    """Return the score. Bonuses count only if it is at least 90 without them."""
    without_bonuses = 100 + sum(value for value in points.values() if value < 0)
    return max(0, without_bonuses if without_bonuses < _BONUS_FROM else 100 + sum(points.values()))


def _policy(policies: Sequence[str]) -> dict[str, set[str]] | None:
    """Return the directives that all policies together allow: a source must be in each policy that
    has its directive. Return None without a policy, and no directives if one is malformed.
    """
    assert not any("," in policy for policy in policies), "lists of policies are not supported here"
    if not policies:
        return None
    together: dict[str, set[str]] = {}
    for number, policy in enumerate(policies):
        own: dict[str, set[str]] = {}
        for part in policy.split(";"):
            name, *listed = part.lower().split() or [""]
            if name in own:
                return {}
            if name:
                own[name] = set(listed) or {"'none'"}
        for name, sources in own.items():
            allowed = sources if number == 0 else sources & together.get(name, set())
            together[name] = allowed or {"'none'"}
    return together


def _rate_policy(csp: Mapping[str, set[str]] | None) -> str:
    if csp is None:
        return "not-implemented"
    if not csp:
        return "header-invalid"
    assert not any(
        source.startswith(("'nonce-", "'sha")) or source == "'strict-dynamic'"
        for sources in csp.values()
        for source in sources
    ), "nonces and hashes are not supported here"
    anything = {"*"}
    default = csp.get("default-src", anything)
    objects = csp.get("object-src", default)
    scripts = csp.get("script-src", default)
    styles = csp.get("style-src", default)
    passive = csp.get("img-src", default) | csp.get("media-src", default)
    active = scripts.union(
        *(sources for name, sources in csp.items() if name not in ("img-src", "media-src"))
    )
    if scripts & (_BROAD | _INLINE) or objects & _BROAD:
        return "implemented-with-unsafe-inline"
    if any(source.startswith(("http:", "ftp:")) for source in active):
        return "implemented-with-insecure-scheme"
    if "'unsafe-eval'" in scripts | styles:
        return "implemented-with-unsafe-eval"
    if any(source.startswith(("http:", "ftp:")) for source in passive):
        return "implemented-with-insecure-scheme-in-passive-content-only"
    if styles & (_BROAD | _INLINE):
        return "implemented-with-unsafe-inline-in-style-src-only"
    if csp.get("default-src") == {"'none'"}:
        return "implemented-with-no-unsafe-default-src-none"
    return "implemented-with-no-unsafe"


def _cookies(scan: Scan) -> int:
    protected = _transport(scan) >= 0
    worst: list[int] = []
    for cookie in scan.all("set-cookie"):
        pair, *attributes = (part.strip().lower() for part in cookie.split(";"))
        named = dict(part.partition("=")[::2] for part in attributes)
        name = pair.partition("=")[0]
        session = "login" in name or "sess" in name
        secure, same_site = "secure" in named, named.get("samesite")
        if "samesite" in named and same_site not in ("lax", "strict", "none"):
            worst.append(-20)
        if same_site == "none" and not secure:
            worst.append(-20)
        if not secure:
            worst.append(-5 if protected else -20)
        if "csrf" in name and not same_site:
            worst.append(-20)
        if session and not secure:
            worst.append(-10 if protected else -40)
        if session and "httponly" not in named:
            worst.append(-30)
        if not worst:
            worst += [] if same_site else [0]
    if not scan.all("set-cookie"):
        return 0
    return min(worst) if worst else 5


def _sharing(scan: Scan) -> int:
    answer = {name.lower(): value for name, value in scan.cors}
    reflected = answer.get("access-control-allow-origin") == scan.origin
    credentials = answer.get("access-control-allow-credentials", "").strip().lower() == "true"
    return -50 if reflected and credentials else 0


def _referrer(scan: Scan) -> int:
    fields = scan.all("referrer-policy")
    if not fields:
        return 0
    known = [
        policy
        for policy in (part.strip().lower() for part in ",".join(fields).split(","))
        if policy in _PRIVATE | _TELLING
    ]
    return 5 if known and known[-1] in _PRIVATE else -5


def _transport(scan: Scan) -> int:
    field = scan.first("strict-transport-security")
    match = re.search(r"(?:^|;)\s*max-age=(\d+)", field or "", re.I)
    if field is None or "," in field or match is None:
        return -20
    return 0 if int(match[1]) >= SIX_MONTHS else -10


def _integrity(scripts: Sequence[Mapping[str, str | None]]) -> int:
    points: list[int] = []
    bonus = False
    for script in scripts:
        source = script.get("src")
        if source is None:
            continue
        foreign = re.match(r"(https?:)?//", source)
        integrity = script.get("integrity")
        if not foreign:
            bonus = bonus or bool(integrity)
        elif not source.startswith("https:"):
            points.append(-20 if integrity else -50)
        elif not integrity:
            points.append(-5)
    if points:
        return min(points)
    return 5 if bonus else 0


def _frames(scan: Scan, csp: Mapping[str, set[str]] | None) -> int:
    if csp and "frame-ancestors" in csp:
        return 5
    field = _lower(scan, "x-frame-options")
    if field in ("deny", "sameorigin"):
        return 5
    return 0 if field.startswith("allow-from") else -20


def _named(scan: Scan, name: str, strict: set[str], lax: set[str]) -> int:
    field = (scan.first(name) or "").strip()
    if field in strict:
        return 10
    return 0 if not field or field in lax else -5


def _lower(scan: Scan, name: str) -> str:
    return (scan.first(name) or "").strip().lower()


class _Page(HTMLParser):
    """Reads the scripts of a page and the policies in its `meta` elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[dict[str, str | None]] = []
        self.policies: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Handle a start tag."""
        named = dict(attrs)
        if tag == "script":
            self.scripts.append(named)
        if tag == "meta" and named.get("http-equiv"):
            assert str(named["http-equiv"]).lower() == "content-security-policy", named
            policy = named["content"] or ""
            assert "frame-ancestors" not in policy, "browsers ignore it in a page"
            self.policies.append(policy)


def explained(points: Mapping[str, int]) -> str:
    """Return the points as text for an assertion's message."""

    def lines() -> Iterator[str]:
        for name, value in sorted(points.items(), key=lambda item: item[1]):
            yield f"{value:+4d} {name}"

    return "\n".join([f"{score(points)} points", *lines()])
