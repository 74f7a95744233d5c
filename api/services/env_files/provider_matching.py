"""Match variable names and values to providers."""

from __future__ import annotations

import re
from functools import cached_property

from api.services.env_files.base_urls import Words, base_url_name_words, key_name_words
from api.services.env_files.variable_names import (
    NameMatch,
    NameMatcher,
    names_other_service,
    plain_words,
)
from api.services.keys.catalogue import Catalogue
from api.services.keys.provider import Provider

_BASE_ENDINGS = ("_API_BASE_URL", "_BASE_URL", "_API_BASE", "_API_URL", "_BASE_URI")

# The text that the keys of a provider begin with, in a pattern such as `^gsk_[A-Za-z0-9]{52}$`.
_LITERAL_PREFIX = re.compile(r"\^([A-Za-z0-9_-]{3,}[_-]|[A-Za-z0-9_-]{4,})")

_POSSIBLE_KEY = re.compile(r"[^\s\0\"'`,;<>(){}\[\]]{16,}")
_PARTS = re.compile(r"[^=]{16,}")
_SMALL_PARTS = re.compile(r"[^=:/@?&#]{16,}")


class ProviderMatcher:
    """Match names and values to the providers of a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._stems: dict[str, list[Words]] = {}
        self._names = NameMatcher(catalogue)
        self._matches: dict[str, NameMatch | None] = {}

    def by_name(self, name: str) -> Provider | None:
        """Return the provider whose key a variable of this name usually holds."""
        match = self.match_name(name)
        return match.provider if match is not None else None

    def match_name(self, name: str) -> NameMatch | None:
        """Return the provider whose key a variable of this name usually holds, and how certain."""
        if name not in self._matches:
            self._matches[name] = self._names.match(name)
        return self._matches[name]

    def other_owner(self, name: str) -> Provider | None:
        """Return the provider of a variable that holds another of its credentials, not its key."""
        return self._names.other_owner(name)

    def provider(self, slug: str | None) -> Provider | None:
        """Return the provider with this slug, or None."""
        return self._catalogue.get(slug) if slug is not None else None

    def by_shape(self, value: str) -> tuple[Provider, ...]:
        """Return the providers whose keys match the shape of this value."""
        return self._catalogue.by_key_shape(value)

    def by_prefix(self, value: str) -> Provider | None:
        """Return the provider whose keys begin like this value, whatever follows."""
        found = [(prefix, p) for prefix, p in self._prefixes if value.startswith(prefix)]
        return max(found, key=lambda entry: len(entry[0]))[1] if found else None

    def candidates(self, name: str, value: str) -> list[Provider]:
        """Return the providers that a key may belong to, the most likely first.

        The name decides. The shape decides between plans of one provider, and if the name matches
        no provider.
        """
        match, by_shape = self.match_name(name), self.by_shape(value)
        if match is None or (match.weak and match.provider not in by_shape):
            return [] if names_other_service(name) else list(by_shape)
        if match.provider in by_shape:
            return [match.provider]
        family = [provider for provider in by_shape if same_family(match.provider, provider)]
        return [*family, match.provider]

    def base_url_owner(self, name: str) -> Provider | None:
        """Return the provider whose base URL a variable of this name holds.

        As with keys, the name may have a prefix, or a number or variant as suffix.
        """
        exact = self._catalogue.by_env_base_url(name)
        if exact is not None:
            return exact
        plain = plain_words(name)
        names = ["_".join(plain[start:]) for start in range(len(plain)) if len(plain[start]) > 1]
        for upper in dict.fromkeys((name.upper(), *names)):
            exact = self._catalogue.by_env_base_url(upper)
            if exact is not None:
                return exact
        for upper in dict.fromkeys((name.upper(), "_".join(plain))):
            owner = self._by_base_ending(upper)
            if owner is not None:
                return owner
        return None

    def stems(self, provider: Provider) -> list[Words]:
        """Return the word sets in names of the provider's variables: GITHUB and GH for GitHub."""
        if provider.slug not in self._stems:
            family = [p for p in self._catalogue.all() if p == provider or same_family(p, provider)]
            stems: dict[Words, None] = {}
            for entry in family:
                for name in entry.env.key:
                    stems.update(dict.fromkeys(key_name_words(name)))
                for name in entry.env.base_url:
                    stems.update(dict.fromkeys(base_url_name_words(name)))
                slug = entry.slug.upper()
                stems.update(
                    {frozenset(slug.split("-")): None, frozenset({slug.replace("-", "")}): None}
                )
            self._stems[provider.slug] = list(stems)
        return self._stems[provider.slug]

    def _by_base_ending(self, upper: str) -> Provider | None:
        for ending in _BASE_ENDINGS:
            if upper.endswith(ending):
                return self.by_name(upper.removesuffix(ending) + "_API_KEY")
        return None

    def keys_in(self, text: str) -> list[str]:
        """Return everything in a text that has the shape of some provider's key."""
        return [
            part
            for word in _POSSIBLE_KEY.findall(text)
            for part in dict.fromkeys((word, *_PARTS.findall(word), *_SMALL_PARTS.findall(word)))
            if self._catalogue.by_key_shape(part)
        ]

    @cached_property
    def _prefixes(self) -> list[tuple[str, Provider]]:
        matches = (
            (_LITERAL_PREFIX.match(provider.key_pattern), provider)
            for provider in self._catalogue.all()
            if provider.key_pattern is not None
        )
        return [(match[1], provider) for match, provider in matches if match is not None]


def same_family(first: Provider, second: Provider) -> bool:
    """Return whether two entries are plans of one provider, such as `deepl` and `deepl-free`."""
    return first.slug.startswith(f"{second.slug}-") or second.slug.startswith(f"{first.slug}-")
