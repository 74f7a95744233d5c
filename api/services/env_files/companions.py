"""Find the companions of a key in the same file: its user name, host and extra headers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from api.credentials import InvalidAuth, check_auth
from api.services.env_files.syntax import Line
from api.services.env_files.variable_names import outside_words, plain_words
from api.services.keys.non_keys import (
    PLACEHOLDER,
    REFERENCE,
    STAND_IN,
    is_plain_setting,
    non_key_reason,
)
from api.services.keys.provider import Provider

_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")
_ACCOUNT_LABEL = re.compile(r"(?<=[/.])[A-Z][A-Z-]*(?=\.)")


class Companion(msgspec.Struct, frozen=True):
    """A line with a user name, a host or a further secret of a key. `problem` says why it is
    unusable."""

    name: str
    line: Line
    value: str
    problem: str | None = None

    @property
    def where(self) -> str:
        """Return the variable and its line."""
        return f"{self.name} on line {self.line.number}"


class CompanionIndex:
    """The assignments of a file by name. If a name is set more than once, the last one counts."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = {
            line.name: line for line in lines if line.kind == "assignment" and line.name is not None
        }
        self._words = {name: "_".join(plain_words(name)) for name in self._lines}

    def username(self, key_name: str, provider: Provider) -> Companion | None:
        """Return the user name that belongs to the key in variable `key_name`."""
        found = self._find(provider.env.username, key_name, provider)
        if found is None or found.problem is not None:
            return found
        suffix = provider.env.username_suffix
        value = found.value if found.value.endswith(suffix) else found.value + suffix
        try:
            check_auth(msgspec.structs.replace(provider.auth, username=value))
        except InvalidAuth as error:
            return msgspec.structs.replace(found, problem=error.reason)
        return msgspec.structs.replace(found, value=value)

    def host(self, key_name: str, provider: Provider) -> Companion | None:
        """Return the host or account that belongs to the key in variable `key_name`."""
        return self._find((*provider.env.host, *provider.env.base_url), key_name, provider)

    def extra_headers(self, key_name: str, provider: Provider) -> dict[str, Companion]:
        """Return the lines with the secrets of a provider's extra header fields, by field name."""
        found = {
            header.name: self._find(header.env, key_name, provider)
            for header in provider.extra_headers
        }
        return {
            name: line
            for name, line in found.items()
            if line is not None and non_key_reason(line.value) is None
        }

    def _find(
        self, usual_names: Sequence[str], key_name: str, provider: Provider
    ) -> Companion | None:
        """Return the line with the best name: of the same variant, with most words in common."""
        variant = _variant(key_name, provider.env.key)
        key_words = set(plain_words(key_name))
        best: tuple[tuple[bool, bool, int, int], str] | None = None
        for order, usual in enumerate(usual_names):
            for name, words in self._lines_named(usual):
                outside = outside_words(name, usual)
                value = self._lines[name].value
                if (outside and outside != variant) or value is None or not value.reveal().strip():
                    continue
                usable = _problem(value.reveal()) is None
                rank = (usable, outside == variant, len(key_words & set(words.split("_"))), -order)
                if name != key_name and (best is None or rank > best[0]):
                    best = (rank, name)
        if best is None:
            return None
        line = self._lines[best[1]]
        value_text = line.value.reveal().strip() if line.value is not None else ""
        return Companion(best[1], line, value_text, _problem(value_text))

    def _lines_named(self, usual: str) -> list[tuple[str, str]]:
        ending = f"_{usual}"
        return [
            (name, words)
            for name, words in self._words.items()
            if words == usual or words.endswith(ending)
        ]


def account_base_url(provider: Provider, account: str) -> str | None:
    """Return the base URL of an account by its label, or None if it is not a label."""
    example = provider.base_url_example
    if example is None or has_any_host(provider) or not _ACCOUNT.fullmatch(account):
        return None
    base_url, count = _ACCOUNT_LABEL.subn(account.lower(), example, count=1)
    return base_url if count else None


def has_any_host(provider: Provider) -> bool:
    """Return whether the accounts of a provider have hosts of their own, such as shops."""
    return (urlsplit(provider.base_url_example or "").hostname or "").endswith(".example.com")


def is_unset_url(value: str) -> bool:
    """Return whether a base URL variable holds a placeholder or nothing that is used."""
    text = value.strip()
    if not text or is_plain_setting(text):
        return True
    reason = non_key_reason(text)
    if reason == STAND_IN:
        return not re.match(r"localhost\b", text, re.IGNORECASE)
    if reason == PLACEHOLDER:
        return True
    return re.search(
        r"<[^<>]+>|\{(?!\{)[A-Za-z_-]+\}(?!\})|(?:^|[/.@-])your[-_.][a-z]|x{4,}|\[[a-z -]+\]",
        text.partition("?")[0],
        re.IGNORECASE,
    ) is not None and not text.startswith("$")


def _problem(value: str) -> str | None:
    reason = non_key_reason(value)
    if reason in (PLACEHOLDER, REFERENCE):
        return reason
    return PLACEHOLDER if is_unset_url(value) else None


def _variant(key_name: str, usual_names: Sequence[str]) -> frozenset[str]:
    """Return the words that distinguish a key from others of its provider: {PROD}, {2}."""
    words = "_".join(plain_words(key_name))
    usual = [name for name in usual_names if words == name or words.endswith(f"_{name}")]
    return outside_words(key_name, max(usual, key=len, default=words))
