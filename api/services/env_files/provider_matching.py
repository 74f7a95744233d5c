"""Which provider a variable's name and value speak of, and which values are no keys at all."""

from __future__ import annotations

import re
from functools import cached_property

from api.services.env_files.base_urls import VARIANTS, Words, address_words, key_words
from api.services.keys.catalogue import Catalogue, Provider
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

_NO_KEY = re.compile(
    r"true|false|yes|no|on|off|none|null|nil|undefined|enabled|disabled|[0-9.,]{0,8}", re.IGNORECASE
)
_REFERENCE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*|\$?\{+[^{}]*\}+|\$\([^()]*\)|(?:op|vault)://.*")
_BRACKETED = re.compile(r"<[^<>]*>|\[[^\[\]]*\]|%[A-Za-z_]+%|.*(?:\.{3}|…|\*{3})")
_STAND_IN = re.compile(
    r"your[a-z]*|my[a-z]*key|change|changeme|changethis|replace|replaceme|placeholder|insert|todo"
    r"|fixme|tbd|dummy|redacted|goes|here|fillme|x{3,}"
)
_FILLER = re.compile(
    r"a|access|add|an|and|ant|api|apikey|app|auth|bearer|bot|enter|example|fill|from|get|gho|ghp|glpat"
    r"|in|it|key|keys|live|me|my|name|of|own|paste|pat|personal|pk|proj|put|real|sample|secret|set|sk"
    r"|test|the|this|to|token|use|value|with|xoxb"
)
_WORD = re.compile(r"[A-Za-z0-9]+")

_SHAPED = re.compile(r"[^\s\0\"'`,;<>(){}\[\]]{16,}")
_PARTS = (re.compile(r"[^=]{16,}"), re.compile(r"[^=:/@?&]{16,}"))


class Recognition:
    """Reads names and values with the catalogue's eyes."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._stems: dict[str, list[Words]] = {}

    def by_name(self, name: str) -> Provider | None:
        """The provider whose key a variable of that name usually holds.

        Its usual name, also with something before it (`PROD_OPENAI_API_KEY`) or a number or a
        variant behind it (`OPENAI_API_KEY_2`), or its slug and a usual ending (`OPENAI_KEY`).
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
        """The provider of that slug, if it is one."""
        return self._catalogue.get(slug) if slug is not None else None

    def by_shape(self, value: str) -> tuple[Provider, ...]:
        """The providers whose keys look like that."""
        return self._catalogue.by_key_shape(value)

    def candidates(self, name: str, value: str) -> list[Provider]:
        """The providers that a key can be of, the likeliest first.

        The name decides; the shape decides between plans of one provider, and where the name is
        silent.
        """
        named, shapes = self.by_name(name), self.by_shape(value)
        if named is None:
            return list(shapes)
        if named in shapes:
            return [named]
        return [*(shape for shape in shapes if same_family(named, shape)), named]

    def base_url_owner(self, name: str) -> Provider | None:
        """The provider whose base URL a variable of that name holds.

        As with keys, there may be something before the name, or a number or a variant behind it.
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
        """The words that names of the provider's variables have: GITHUB and GH for GitHub."""
        if provider.slug not in self._stems:
            family = [p for p in self._catalogue.all() if p == provider or same_family(p, provider)]
            found: dict[Words, None] = {}
            for entry in family:
                for name in entry.env.key:
                    found.update(dict.fromkeys(key_words(name)))
                for name in entry.env.base_url:
                    found.update(dict.fromkeys(address_words(name)))
                slug = entry.slug.upper()
                found.update(
                    {frozenset(slug.split("-")): None, frozenset({slug.replace("-", "")}): None}
                )
            self._stems[provider.slug] = list(found)
        return self._stems[provider.slug]

    def _by_base_ending(self, upper: str) -> Provider | None:
        for ending in _BASE_ENDINGS:
            if upper.endswith(ending):
                return self.by_name(upper.removesuffix(ending) + "_API_KEY")
        return None

    def without_keys(self, text: str) -> str:
        """`text` with everything removed that has the shape of some provider's key."""
        return _SHAPED.sub(self._removed, text)

    def _removed(self, word: re.Match[str], depth: int = 0) -> str:
        if self._catalogue.by_key_shape(word[0]):
            return REMOVED
        if depth == len(_PARTS):
            return word[0]
        return _PARTS[depth].sub(lambda part: self._removed(part, depth + 1), word[0])

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


def same_family(one: Provider, other: Provider) -> bool:
    """Whether two entries are plans of one provider, such as `deepl` and `deepl-free`."""
    return one.slug.startswith(f"{other.slug}-") or other.slug.startswith(f"{one.slug}-")


def why_no_key(value: str) -> str | None:
    """Why a value is not a key that could be stored, or None when it may be one."""
    if not value.strip():
        return "It is empty."
    if value.startswith(PREFIX):
        return "It is a token of this dashboard already."
    if is_switch(value):
        return "Its value is no key."
    if _REFERENCE.fullmatch(value):
        return "It refers to something outside its line."
    if is_placeholder(value):
        return "It is a placeholder."
    return None


def is_switch(value: str) -> bool:
    """Whether a value is a plain setting, such as that of `REQUIRE_GITHUB_TOKEN=true`."""
    return value != "" and _NO_KEY.fullmatch(value) is not None


def is_placeholder(value: str) -> bool:
    """Whether a value only says where a key should be: `changeme`, `sk-xxxx`, `your-key-here`."""
    if _BRACKETED.fullmatch(value):
        return True
    words = [word.lower() for word in _WORD.findall(value)]
    others = [word for word in words if not _STAND_IN.fullmatch(word)]
    if words and len(others) == len(words):
        return False
    # A provider's own name may stand among them: your-openai-key, your_github_token_here.
    names = [word for word in others if not _FILLER.fullmatch(word)]
    return len(names) <= 2 and all(word.isalpha() and len(word) <= 12 for word in names)


def _without_variant(name: str) -> list[str]:
    words = name.split("_")
    while len(words) > 1 and (words[-1].isdigit() or words[-1] in VARIANTS or not words[-1]):
        words.pop()
    words[-1] = words[-1].rstrip("0123456789") or words[-1]
    return words
