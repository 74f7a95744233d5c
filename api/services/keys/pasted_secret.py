"""Clean a pasted secret of what is not part of it, or refuse it (S10).

Keep web/src/logic/keys/pasted-secret.ts in line: it shows the same notices before a key is saved.
"""

from __future__ import annotations

import re

import msgspec

from api.credentials import AuthScheme
from api.errors import Problem
from api.secret import Secret
from api.services.keys.provider import Provider

_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "\u2018": "\u2019", "„": "“", "«": "»"}
_WORDS = (
    "(?:API|APP|ACCESS|AUTH|CLIENT|SECRET|KEY|APIKEY|TOKEN|PAT|PASSWORD|PASSWD|PWD|BEARER"
    "|CREDENTIALS?)"
)
# The name of a variable or member that holds a secret, with or without what sets it.
_NAMED = re.compile(
    rf"(?:(?:export|set|setx|env|const|let|var|declare -x|-e|--env)\s+|\$env:|\$|-\s+)?"
    rf"[\"']?(?:[A-Za-z][A-Za-z0-9]*[_.-])*{_WORDS}(?:[_-](?:[0-9]{{1,2}}|[A-Z]{{1,12}}))?[\"']?"
    r"\s*(?:=(?!=*\Z)|:(?=\s)|:=)\s*(?P<rest>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_VARIABLE = re.compile(r"(?:export |set |\$env:)?[A-Z][A-Z0-9]*_[A-Z0-9_]+\s*[=:]")
_HEADER = re.compile(
    r"(?P<name>(?:Proxy-)?Authorization|(?:X-)?(?:[A-Za-z]+-)*(?:Api-?Key|Token|Auth|Access-Token|Key))"
    r":\s*(?P<rest>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_SCHEME = re.compile(
    r"(?P<scheme>bearer|token|bot|basic|api-?key|key)[ \t]+(?P<rest>\S+)", re.IGNORECASE
)
_REFUSED = (
    (
        re.compile(r"\$[A-Z][A-Z0-9_]{2,}|\$\{[^{}]*\}|%[A-Z][A-Z0-9_]*%|\$env:\w+", re.ASCII),
        "This is the name of a variable, not its value: paste the value.",
    ),
    (
        re.compile(r"\{\{.*\}\}|\$\(.*\)|(?:op|vault|doppler|infisical|secretref|awsssm)://\S+"),
        "This refers to a secret that is stored elsewhere: paste the secret itself.",
    ),
    (re.compile(r"<[^<>]*>"), "This is a placeholder: paste your own secret."),
    (
        re.compile(
            r"(?:\$ )?(?:curl|wget|http|https|fetch|Invoke-\w+|-H|--header)\s.*",
            re.DOTALL | re.IGNORECASE,
        ),
        "This is a command, not a secret: paste only the secret in it.",
    ),
    (
        re.compile(r"\{\s*[\"'].*[\"'].*\}", re.DOTALL),
        "This is JSON, not a secret: paste only the secret in it.",
    ),
    (
        re.compile(r"https?://\S*", re.IGNORECASE),
        "This is a URL, not a secret: paste only the secret in it.",
    ),
    (
        re.compile(r"-----BEGIN .*", re.DOTALL),
        "This is a private key or a certificate, which cannot be sent as an API key.",
    ),
)
# `sk-...`, or a secret as pages show it. A password may look so.
_SHORTENED = re.compile(r"[A-Za-z0-9_-]{0,24}(?:\.{3}|…|\*{3,}|•{3,})\S{0,12}")
_MOST_STEPS = 6


class PastedSecret(msgspec.Struct, frozen=True):
    """A secret as it is stored, and what was removed from the pasted text, in sentences."""

    secret: Secret
    notices: tuple[str, ...] = ()


def clean_pasted_secret(
    text: str, auth: AuthScheme | None, provider: Provider | None
) -> PastedSecret:
    """Remove quotes, a variable name or an authentication scheme around a secret.

    A text that has the shape of the provider's keys stays as it is, and so do spaces and line
    breaks around a bare secret, which `check_secret` refuses. The password of the `basic` scheme
    keeps a first word such as `Token`. Raises Problem(invalid_field) for a text that holds no
    secret, or one that cannot be separated from the rest.
    """
    invisible = _INVISIBLE.search(text)
    if invisible is not None:
        raise Problem(
            "invalid_field",
            f"The secret contains an invisible character (U+{ord(invisible[0]):04X}): remove it.",
            field="secret",
        )
    notices: list[str] = []
    cleaned = text
    for _ in range(_MOST_STEPS):
        trimmed = cleaned.strip()
        if not trimmed or _has_shape(trimmed, provider):
            break
        reason = next((why for pattern, why in _REFUSED if pattern.fullmatch(trimmed)), None)
        if reason is not None:
            raise Problem("invalid_field", reason, field="secret")
        step = _unwrapped(trimmed, auth, provider)
        if step is None:
            break
        cleaned = step[0].strip()
        notices.append(step[1])
    if _SHORTENED.fullmatch(cleaned) and not _is_basic(auth):
        raise Problem(
            "invalid_field",
            "This is a placeholder or a shortened secret: paste the whole secret.",
            field="secret",
        )
    if _is_half_quoted(cleaned) and not _is_basic(auth):
        raise Problem(
            "invalid_field",
            "The secret has a quotation mark at one end only: paste it without quotes.",
            field="secret",
        )
    return PastedSecret(Secret(cleaned), tuple(dict.fromkeys(notices)))


def _unwrapped(
    text: str, auth: AuthScheme | None, provider: Provider | None
) -> tuple[str, str] | None:
    """Remove one layer from a text. Return the rest and what was removed, or None."""
    closing = _QUOTES.get(text[0]) if len(text) > 2 else None
    if closing is not None and text.endswith(closing) and text[0] not in text[1:-1]:
        return text[1:-1], "The quotation marks around the secret were removed."
    if text.rstrip(",;") != text and _has_shape(text.rstrip(",;"), provider):
        return text.rstrip(",;"), "The punctuation after the secret was removed."
    named = _NAMED.fullmatch(text)
    # A password may look like `key=value`, but hardly like `API_KEY=value`.
    if (
        named is not None
        and len(named["rest"]) > 3
        and not (_is_basic(auth) and not _VARIABLE.match(text))
    ):
        return named["rest"].rstrip(";,"), "The variable name before the secret was removed."
    header = _HEADER.fullmatch(text)
    if header is not None:
        return header["rest"], f"The header name {header['name']} before the secret was removed."
    return _without_scheme(text, auth, provider)


def _without_scheme(
    text: str, auth: AuthScheme | None, provider: Provider | None
) -> tuple[str, str] | None:
    prefix = (auth.prefix or "") if auth is not None else ""
    if prefix.strip() and text.lower().startswith(prefix.lower()) and len(text) > len(prefix):
        return text[len(prefix) :], f"“{prefix.strip()}” is sent anyway and was removed."
    scheme = _SCHEME.fullmatch(text)
    if scheme is None or _is_basic(auth):
        return None
    # Without a prefix, a field such as Authorization may need the word as part of the secret.
    whole_field = (
        auth is not None
        and auth.scheme == "header"
        and not prefix
        and (auth.name or "").lower() == "authorization"
    )
    if whole_field and not _has_shape(scheme["rest"], provider):
        return None
    return scheme["rest"], f"“{scheme['scheme']}” is not part of the secret and was removed."


def _has_shape(text: str, provider: Provider | None) -> bool:
    pattern = provider.key_pattern if provider is not None else None
    return pattern is not None and re.fullmatch(pattern, text) is not None


def _is_basic(auth: AuthScheme | None) -> bool:
    return auth is not None and auth.scheme == "basic"


def _is_half_quoted(text: str) -> bool:
    return len(text) > 1 and (text[0] in "\"'`“„«") != (text[-1] in "\"'`”“»")
