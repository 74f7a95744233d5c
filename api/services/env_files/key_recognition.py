"""Decide whether a variable holds keys, and of which provider."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from api.services.env_files.key_values import FoundKeys, find_keys, without_invisible
from api.services.env_files.provider_matching import ProviderMatcher, same_family
from api.services.env_files.variable_names import is_secret_name, public_prefix
from api.services.keys.non_keys import PLACEHOLDER, STAND_IN, may_be_key, non_key_reason
from api.services.keys.provider import Provider
from api.services.keys.randomness import looks_random
from api.services.token_codec import begins_as_token

UNKNOWN = "It is not recognised."
UNKNOWN_SECRET = (
    "It is not recognised, but it looks like a secret: add it manually if it is the key of an API."
)
NEEDS_QUOTES = (
    "The value contains a space, a quote or a semicolon: if it belongs to the key, put the value"
    " in quotes."
)
MIXED = "The value contains a key and other text: put every key on a line of its own."
_OWN_TOKEN = "It is already a token of this dashboard."


class Recognition(msgspec.Struct, frozen=True):
    """What a variable holds. `provider` and `found` are set if `action` is `import`.

    A plan may still refuse the keys, for example for a base URL of another host.
    """

    action: Literal["import", "keep", "refuse"]
    reason: str
    provider: Provider | None = None
    found: FoundKeys | None = None


class KeyRecogniser:
    """Recognise keys by the names and values of variables."""

    def __init__(self, matcher: ProviderMatcher) -> None:
        self._matcher = matcher

    def recognise(self, name: str, value: str) -> Recognition:
        """Return what the variable `name` with this value holds."""
        match = self._matcher.match_name(name)
        named = match.provider if match is not None else None
        reason = _non_key_reason(without_invisible(value))
        if reason is None:
            candidates = self._matcher.candidates(name, value)
            found = self._find(value, candidates or self._listed_candidates(name, value))
            reason = None if found.keys[0] == value else _non_key_reason(found.keys[0])
            if reason is None:
                return self._by_provider(name, named, found)
        owner = self._matcher.base_url_owner(name) if named is None else None
        if owner is not None and value.strip() and reason != PLACEHOLDER:
            return Recognition("keep", f"It is a base URL of {owner.name}.")
        if named is None and not begins_as_token(value) and not is_secret_name(name):
            return Recognition("keep", UNKNOWN)
        if named is not None and reason == STAND_IN:
            reason = f"It stands in for a key of {named.name}."
        return Recognition("keep", reason)

    def _by_provider(self, name: str, named: Provider | None, found: FoundKeys) -> Recognition:
        """Decide for a value that may be a key."""
        key = found.keys[0]
        candidates = self._matcher.candidates(name, key)
        if not candidates:
            owner = self._matcher.base_url_owner(name)
            if owner is not None:
                return Recognition("keep", f"It is a base URL of {owner.name}.")
            other = self._matcher.other_owner(name)
            if other is not None:
                reason = f"It is another credential of {other.name}, not a key of this API."
                return Recognition("keep", reason)
            secret = is_secret_name(name) and looks_random(key)
            return Recognition("keep", UNKNOWN_SECRET if secret else UNKNOWN)
        provider = candidates[0]
        by_shape = self._matcher.by_shape(key)
        shape_names = " or ".join(candidate.name for candidate in by_shape)
        if named is None and len(by_shape) > 1:
            reason = f"It may be a key of {shape_names}: name the variable after the provider."
            return Recognition("keep", reason)
        by_prefix = self._matcher.by_prefix(key)
        if by_shape and not any(_accepts(provider, other) for other in by_shape):
            return _contradiction(provider, shape_names)
        if not by_shape and by_prefix is not None and not _accepts(provider, by_prefix):
            return _contradiction(provider, by_prefix.name)
        remarks = list(found.remarks)
        if by_shape:
            how = "by its name and shape." if named is not None else "by its shape."
        elif self._matcher.keys_in(key):
            reason = NEEDS_QUOTES if re.search(r"\s", key) else MIXED
            return Recognition("refuse", reason, provider)
        elif may_be_key(key, provider.key_pattern is not None):
            how = "by its name."
            if provider.key_pattern is not None:
                how = "by its name, although its shape is unusual."
        else:
            reason = f"The value does not look like a key of {provider.name}."
            return Recognition("keep", reason)
        prefix = public_prefix(name)
        if prefix is not None:
            remarks.append(f"The prefix {prefix} makes it public: it is part of the pages.")
        what = f"{len(found.keys)} keys" if len(found.keys) > 1 else "A key"
        reason = " ".join([f"{what} of {provider.name}, {how}", *remarks])
        return Recognition("import", reason, provider, found)

    def _find(self, value: str, candidates: list[Provider]) -> FoundKeys:
        def has_shape(text: str) -> bool:
            by_shape = self._matcher.by_shape(text)
            return any(provider in by_shape for provider in candidates)

        def is_key(text: str) -> bool:
            if has_shape(text):
                return True
            if not candidates or _non_key_reason(text) is not None or self._matcher.by_shape(text):
                return False
            return may_be_key(text, any(p.key_pattern is not None for p in candidates))

        prefix = (candidates[0].auth.prefix or "") if candidates else ""
        if not candidates:
            return FoundKeys((value.strip(),))
        return find_keys(value, has_shape, is_key, prefix)

    def _listed_candidates(self, name: str, value: str) -> list[Provider]:
        """Return the provider of a key by its shape that a list or a comment follows."""
        first = find_keys(value, lambda text: bool(self._matcher.by_shape(text)), _never)
        if first.before:
            return []
        parts = [part for part in value.replace("#", ",").split(",") if part.strip()]
        return self._matcher.candidates(name, parts[0].strip()) if len(parts) > 1 else []


def _never(text: str) -> bool:
    return False


def _contradiction(provider: Provider, shape_names: str) -> Recognition:
    reason = (
        f"The name is that of a key of {provider.name}, but the value looks like a key of"
        f" {shape_names}."
    )
    return Recognition("refuse", reason, provider)


def _accepts(provider: Provider, other: Provider) -> bool:
    """Return whether keys in the shape of `other` are valid at `provider`, as at one site."""
    same = provider == other or same_family(provider, other)
    return same or _site(provider) == _site(other)


def _site(provider: Provider) -> list[str]:
    host = urlsplit(provider.base_url or provider.base_url_example or "").hostname or ""
    return host.split(".")[-2:]


def _non_key_reason(value: str) -> str | None:
    return _OWN_TOKEN if begins_as_token(value) else non_key_reason(value)
