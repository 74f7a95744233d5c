"""Find the lines of a `.env` file that still look like secrets."""

from __future__ import annotations

import re

from api.services.env_files.provider_matching import ProviderMatcher
from api.services.env_files.syntax import Line, parse_env
from api.services.env_files.variable_names import is_public_name, is_secret_name
from api.services.keys.non_keys import may_be_key, non_key_reason
from api.services.keys.randomness import looks_random
from api.services.token_codec import begins_as_token

_PASSWORD_WORDS = frozenset({"PASSWORD", "PASSWD", "PASSPHRASE", "PASS", "PWD"})
_URL_PASSWORD = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]*:(?P<password>[^/\s@]+)@", re.IGNORECASE)
_WEBHOOK = re.compile(
    r"https?://[^/\s]*(?:hook|webhook)[^\s]*/(?P<path>[^\s\"']{16,})", re.IGNORECASE
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?!(?:\\\\?n|\s)*\.\.\.)")
_COMMENT_SIGNS = "# \t"
_LONG_TEXT = re.compile(r"[^\s\"'`,;=]{20,}")


def looks_secret(line: Line, matcher: ProviderMatcher) -> bool:
    """Return whether a line seems to contain a key, a password or another secret."""
    text = line.source.reveal()
    if matcher.keys_in(text) or _PRIVATE_KEY.search(text):
        return True
    if line.kind == "comment":
        return _has_secret_statement(text.lstrip(_COMMENT_SIGNS))
    if line.kind == "invalid":
        return any(looks_random(word) for word in _LONG_TEXT.findall(text))
    return (
        line.name is not None
        and line.value is not None
        and (_is_secret_value(line.name, line.value.reveal()))
    )


def _has_secret_statement(text: str) -> bool:
    """Return whether a comment is a statement that sets a secret."""
    return any(
        line.name is not None
        and line.value is not None
        and looks_random(line.value.reveal())
        and _is_secret_value(line.name, line.value.reveal())
        for line in parse_env(text)
    )


def _is_secret_value(name: str, value: str) -> bool:
    if begins_as_token(value):
        return False
    password = _URL_PASSWORD.match(value)
    if password is not None:
        return non_key_reason(password["password"]) is None
    webhook = _WEBHOOK.match(value)
    if webhook is not None:
        return any(looks_random(part) for part in re.split(r"[/?&=]", webhook["path"]))
    if non_key_reason(value) is not None or is_public_name(name):
        return False
    if _PASSWORD_WORDS & set(re.split(r"[_.-]", name.upper())):
        return True
    return is_secret_name(name) and (looks_random(value) or may_be_key(value, shape_known=False))
