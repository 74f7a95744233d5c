"""Match variable names and values to providers, and recognise values that are not keys."""

from __future__ import annotations

import re
from functools import cached_property

from api.services.env_files.base_urls import VARIANTS, Words, base_url_name_words, key_name_words
from api.services.keys.catalogue import Catalogue
from api.services.keys.provider import Provider
from api.services.token_codec import PREFIX

REMOVED = "<removed>"

_KEY_ENDINGS = (
    "_API_KEY",
    "_APIKEY",
    "_API_TOKEN",
    "_ACCESS_TOKEN",
    "_AUTH_TOKEN",
    "_SECRET_KEY",
    "_TOKEN",
    "_KEY",
    "_PAT",
)
_BASE_ENDINGS = ("_API_BASE_URL", "_BASE_URL", "_API_BASE", "_API_URL", "_BASE_URI")

_SHORTEST_STEM = 3

_PLAIN_SETTING = re.compile(
    r"true|false|yes|no|on|off|none|null|nil|undefined|enabled|disabled|[0-9.,]{0,8}", re.IGNORECASE
)
_REFERENCE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*|\$?\{+[^{}]*\}+|\$\([^()]*\)|(?:op|vault)://.*")
_BRACKETED = re.compile(r"<[^<>]*>|\[[^\[\]]*\]|%[A-Za-z_]+%|.*(?:\.{3}|…|\*{3})")
_PLACEHOLDER_WORD = re.compile(
    r"your[a-z]*|my[a-z]*key|change|changeme|changethis|replace|replaceme|placeholder|insert|todo"
    r"|fixme|tbd|dummy|redacted|goes|here|fillme|x{3,}"
)
_FILLER_WORD = re.compile(
    r"a|access|add|an|and|ant|api|apikey|app|auth|bearer|bot|enter|example|fill|from|get|gho|ghp|glpat"
    r"|in|it|key|keys|live|me|my|name|of|own|paste|pat|personal|pk|proj|put|real|sample|secret|set|sk"
    r"|test|the|this|to|token|use|value|with|xoxb"
)
_WORD = re.compile(r"[A-Za-z0-9]+")

_POSSIBLE_KEY = re.compile(r"[^\s\0\"'`,;<>(){}\[\]]{16,}")
_PARTS = (re.compile(r"[^=]{16,}"), re.compile(r"[^=:/@?&]{16,}"))


class ProviderMatcher:
    """Match names and values to the providers of a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._stems: dict[str, list[Words]] = {}

    def by_name(self, name: str) -> Provider | None:
        """Return the provider whose key a variable of this name usually holds.

        Matches the usual name, also with a prefix (`PROD_OPENAI_API_KEY`) or with a number or
        variant as suffix (`OPENAI_API_KEY_2`), and the slug with a usual ending (`OPENAI_KEY`).
        """
        upper = name.upper()
        exact = self._catalogue.by_env_name(name) or self._catalogue.by_env_name(upper)
        if exact is not None:
            return exact
        words = _without_variant(upper)
        for start in range(len(words)):
            if start == 0 or len(words[start]) >= _SHORTEST_STEM:
                provider = self._catalogue.by_env_name("_".join(words[start:]))
                if provider is not None:
                    return provider
        return self._by_slug("_".join(words))

    def provider(self, slug: str | None) -> Provider | None:
        """Return the provider with this slug, or None."""
        return self._catalogue.get(slug) if slug is not None else None

    def by_shape(self, value: str) -> tuple[Provider, ...]:
        """Return the providers whose keys match the shape of this value."""
        return self._catalogue.by_key_shape(value)

    def candidates(self, name: str, value: str) -> list[Provider]:
        """Return the providers that a key may belong to, the most likely first.

        The name decides. The shape decides between plans of one provider, and if the name matches
        no provider.
        """
        by_name, by_shape = self.by_name(name), self.by_shape(value)
        if by_name is None:
            return list(by_shape)
        if by_name in by_shape:
            return [by_name]
        return [*(provider for provider in by_shape if same_family(by_name, provider)), by_name]

    def base_url_owner(self, name: str) -> Provider | None:
        """Return the provider whose base URL a variable of this name holds.

        As with keys, the name may have a prefix, or a number or variant as suffix.
        """
        exact = self._catalogue.by_env_base_url(name)
        if exact is not None:
            return exact
        for upper in dict.fromkeys((name.upper(), "_".join(_without_variant(name.upper())))):
            exact = self._catalogue.by_env_base_url(upper)
            if exact is not None:
                return exact
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

    def redact_keys(self, text: str) -> str:
        """Replace everything in `text` that has the shape of some provider's key."""
        return _POSSIBLE_KEY.sub(self._redact, text)

    def _redact(self, word: re.Match[str], depth: int = 0) -> str:
        if self._catalogue.by_key_shape(word[0]):
            return REMOVED
        if depth == len(_PARTS):
            return word[0]
        return _PARTS[depth].sub(lambda part: self._redact(part, depth + 1), word[0])

    @cached_property
    def _slugs(self) -> dict[str, Provider]:
        return {p.slug.replace("-", "").upper(): p for p in self._catalogue.all()}

    def _by_slug(self, name: str) -> Provider | None:
        for ending in _KEY_ENDINGS:
            if name.endswith(ending):
                words = name.removesuffix(ending).split("_")
                for start in range(len(words)):
                    stem = "".join(words[start:])
                    if len(stem) >= _SHORTEST_STEM and stem in self._slugs:
                        return self._slugs[stem]
        return None


def same_family(first: Provider, second: Provider) -> bool:
    """Return whether two entries are plans of one provider, such as `deepl` and `deepl-free`."""
    return first.slug.startswith(f"{second.slug}-") or second.slug.startswith(f"{first.slug}-")


def non_key_reason(value: str) -> str | None:
    """Return why a value cannot be a key, in a sentence, or None if it may be one."""
    if not value.strip():
        return "It is empty."
    if value.startswith(PREFIX):
        return "It is already a token of this dashboard."
    if is_plain_setting(value):
        return "The value is not a key."
    if _REFERENCE.fullmatch(value):
        return "It refers to a value outside this line."
    if is_placeholder(value):
        return "It is a placeholder."
    return None


def is_plain_setting(value: str) -> bool:
    """Return whether a value is a plain setting, such as in `REQUIRE_GITHUB_TOKEN=true`."""
    return value != "" and _PLAIN_SETTING.fullmatch(value) is not None


def is_placeholder(value: str) -> bool:
    """Return whether a value is a placeholder for a key: `changeme`, `sk-xxxx`, `your-key-here`."""
    if _BRACKETED.fullmatch(value):
        return True
    words = [word.lower() for word in _WORD.findall(value)]
    others = [word for word in words if not _PLACEHOLDER_WORD.fullmatch(word)]
    if words and len(others) == len(words):
        return False
    # A placeholder may contain the provider's name: your-openai-key, your_github_token_here.
    names = [word for word in others if not _FILLER_WORD.fullmatch(word)]
    return len(names) <= 2 and all(word.isalpha() and len(word) <= 12 for word in names)


def _without_variant(name: str) -> list[str]:
    words = name.split("_")
    while len(words) > 1 and (words[-1].isdigit() or words[-1] in VARIANTS or not words[-1]):
        words.pop()
    words[-1] = words[-1].rstrip("0123456789") or words[-1]
    return words
