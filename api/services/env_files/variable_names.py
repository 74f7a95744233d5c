"""Match the names of environment variables to the providers whose keys they hold."""

from __future__ import annotations

import re
from functools import cached_property

import msgspec

from api.services.env_files.base_urls import VARIANTS
from api.services.keys.catalogue import Catalogue
from api.services.keys.provider import Provider

# What frameworks and tools put before a name. Those of PUBLIC_PREFIXES ship the value to browsers.
PUBLIC_PREFIXES = (
    "NEXT_PUBLIC_", "VITE_", "REACT_APP_", "EXPO_PUBLIC_", "NUXT_PUBLIC_", "GATSBY_", "PUBLIC_",
    "VUE_APP_", "NG_APP_", "STORYBOOK_", "PARCEL_", "SNOWPACK_PUBLIC_", "RSBUILD_PUBLIC_", "WXT_",
    "PLASMO_PUBLIC_",
)  # fmt: skip
_WRAPPERS = frozenset(
    str.split(
        "NEXT PUBLIC VITE REACT VUE NG APP EXPO NUXT GATSBY STORYBOOK TF VAR DOCKER DJANGO"
        " FLASK RAILS LARAVEL SPRING MY OUR THE ENV CONFIG SETTINGS CI LIBRECHAT N8N PULUMI"
        " REACTNATIVE PLASMO WXT BACKEND FRONTEND WEB WORKER WORKFLOW"
    )
)
_CREDENTIALS = frozenset({"KEY", "KEYS", "APIKEY", "APIKEYS", "TOKEN", "TOKENS", "SECRET", "PAT"})
# These words may stand between a provider's name and the credential.
_BETWEEN = frozenset(
    str.split(
        "API ACCESS AUTH SECRET PERSONAL PRIVATE SERVICE BOT USER ADMIN SERVER AI LLM CHAT"
        " EMBEDDING EMBEDDINGS STT TTS MODERATION WHISPER INTEGRATION READ WRITE MASTER ROOT"
    )
)
# Names with these endings hold other secrets as well: only the value's shape confirms them.
_WEAK_ENDINGS = frozenset({"SECRET", "SECRET_KEY", "PRIVATE_KEY", "API_SECRET"})
# Services outside the catalogue whose keys look like those of a provider in it.
_OTHER_SERVICES = frozenset(
    str.split(
        "CLERK PAYSTACK FIREBASE YOUTUBE PAGESPEED RECAPTCHA MOYASAR POLAR CHATWOOT LEMONSQUEEZY"
    )
)
_SECRET_WORDS = frozenset(
    str.split(
        "PASSWORD PASSWD PASSPHRASE PASS PWD CREDENTIAL CREDENTIALS CREDS SALT SECRETKEY PRIVATE"
    )
)
_SHORTEST_STEM = 3
_CAMEL_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


class NameMatch(msgspec.Struct, frozen=True):
    """The provider that a name stands for. `weak`: the value's shape has to confirm it."""

    provider: Provider
    weak: bool = False


class NameMatcher:
    """Match names to the providers of a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def match(self, name: str) -> NameMatch | None:
        """Return the provider whose key a variable of this name usually holds.

        Matches the usual name, also with a prefix (`PROD_OPENAI_API_KEY`) or with a number or
        variant as suffix (`OPENAI_API_KEY_2`), and the provider's name with a usual ending or
        beginning (`OPENAI_KEY`, `API_KEY_OPENAI`).
        """
        exact = self._catalogue.by_env_name(name) or self._catalogue.by_env_name(name.upper())
        if exact is not None:
            return NameMatch(exact)
        words = plain_words(name)
        names = [
            "_".join(words[start:])
            for start in range(len(words))
            if start == 0 or len(words[start]) >= _SHORTEST_STEM
        ]
        if any(each in self._other_names for each in names):
            return None
        for each in names:
            provider = self._catalogue.by_env_name(each)
            if provider is not None:
                return NameMatch(provider)
        return self._by_ending(words) or self._by_beginning(words)

    def other_owner(self, name: str) -> Provider | None:
        """Return the provider of a variable that holds another of its credentials, not its key."""
        words = plain_words(name)
        names = {"_".join(words[start:]) for start in range(len(words))}
        return next((p for p in self._catalogue.all() if names & set(p.env.other)), None)

    def _by_ending(self, words: list[str]) -> NameMatch | None:
        """Match `OPENAI_KEY`, `ACME_OPEN_AI_ACCESS_TOKEN`, `STRIPE_SECRET`."""
        end = len(words)
        while end > 1 and (words[end - 1] in _CREDENTIALS or words[end - 1] in _BETWEEN):
            end -= 1
            provider = self._by_stem(words[:end]) if words[-1] in _CREDENTIALS else None
            if provider is not None:
                return NameMatch(provider, weak="_".join(words[end:]) in _WEAK_ENDINGS)
        return None

    def _by_beginning(self, words: list[str]) -> NameMatch | None:
        """Match `API_KEY_OPENAI`, `VITE_TOKEN_GITHUB`."""
        begin = 0
        while begin < len(words) and words[begin] in _WRAPPERS:
            begin += 1
        start = begin
        while start < len(words) - 1 and (words[start] in _CREDENTIALS | _BETWEEN | {"FOR"}):
            start += 1
        if not _CREDENTIALS & set(words[begin:start]):
            return None
        provider = self._slugs.get("".join(words[start:]))
        weak = "_".join(words[begin:start]) in _WEAK_ENDINGS
        return NameMatch(provider, weak) if provider is not None else None

    def _by_stem(self, words: list[str]) -> Provider | None:
        for start in range(len(words)):
            stem = "".join(words[start:])
            if len(stem) >= _SHORTEST_STEM and stem in self._slugs:
                return self._slugs[stem]
        return None

    @cached_property
    def _slugs(self) -> dict[str, Provider]:
        slugs = {p.slug.replace("-", "").upper(): p for p in self._catalogue.all()}
        return {slug: provider for slug, provider in slugs.items() if len(slug) >= _SHORTEST_STEM}

    @cached_property
    def _other_names(self) -> frozenset[str]:
        """The variables of providers that hold no key, such as a user name or a client's id."""
        return frozenset(
            name
            for provider in self._catalogue.all()
            for name in (
                *provider.env.username,
                *provider.env.host,
                *provider.env.other,
                *(variable for header in provider.extra_headers for variable in header.env),
            )
            if name not in provider.env.key
        )


def plain_words(name: str) -> list[str]:
    """Return the words of a name in capitals, without a number or variant at its end."""
    mixed = name.isalnum() and not name.isupper() and not name.islower()
    words = _CAMEL_WORD.findall(name) if mixed else re.split(r"[_.-]", name)
    words = [word.upper() for word in words if word]
    while len(words) > 1 and (words[-1].isdigit() or words[-1] in VARIANTS):
        words.pop()
    if words:
        words[-1] = words[-1].rstrip("0123456789") or words[-1]
    return words


def is_secret_name(name: str) -> bool:
    """Return whether a name says that its value is a secret."""
    words = set(plain_words(name))
    return bool(words & (_CREDENTIALS | _SECRET_WORDS))


def is_public_name(name: str) -> bool:
    """Return whether a name says that its value is public: PUBLISHABLE_KEY, SITE_KEY."""
    words = set(plain_words(name))
    return bool(words & {"PUBLISHABLE", "SITE", "SITEKEY"}) or "PUBLIC_KEY" in name.upper()


def names_other_service(name: str) -> bool:
    """Return whether a name names a service whose keys look like another provider's."""
    return not _OTHER_SERVICES.isdisjoint(plain_words(name))


def public_prefix(name: str) -> str | None:
    """Return the prefix with which a framework ships the variable to browsers, or None."""
    return next((prefix for prefix in PUBLIC_PREFIXES if name.upper().startswith(prefix)), None)


def outside_words(name: str, known: str) -> frozenset[str]:
    """Return what a name has besides the words of a `known` name, without wrappers: {PROD}."""
    words = [word.upper() for word in re.split(r"[_.-]", name) if word]
    return frozenset(words) - frozenset(known.split("_")) - _WRAPPERS
