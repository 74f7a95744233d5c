"""Match the base URL variables of a `.env` file to the keys that they belong to, by their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlsplit

import msgspec

from api.services.env_files.syntax import Line

# Suffixes that tell apart several keys of one provider. A name with any other suffix, such as
# GITHUB_TOKEN_URL or OPENAI_API_KEY_FILE, is not a key's.
VARIANTS = frozenset(
    "prod production live dev development staging stage test testing sandbox local backup fallback"
    " old new primary secondary main default alt personal work team a b c".upper().split()
)

_KEY_WORDS = frozenset({"API", "KEY", "APIKEY", "TOKEN", "ACCESS", "AUTH", "SECRET", "PAT"})
_BASE_URL_WORDS = frozenset(
    {"HOST", "HOSTNAME", "ENDPOINT", "ADDR"}
    | {"BASEURL", "BASEURI", "APIBASE", "APIURL", "APIHOST"}
)
# A base URL if the name also contains BASE or API. Otherwise only if the value looks like the URL
# of an API, not of a page (NOTION_URL) or a site without a scheme (VERCEL_URL).
_URL_WORDS = frozenset({"URL", "URI"})
_API_URL_VALUE = re.compile(
    r"""=\s*["']?https?://[^/\s"'#]+(?:/(?:[^\s"'#]*/)?(?:v\d[\w.-]*|api)?/?)?["'\s]*(?:#.*)?$""",
    re.IGNORECASE,
)
# These words also have other uses, such as AIRTABLE_BASE: a base URL only if the value is a URL.
_BASE_URL_WORDS_IF_URL = frozenset(
    {"API", "ADDRESS", "BASE", "DOMAIN", "GATEWAY", "INSTANCE", "ROOT", "SERVER", "SITE"}
)
_IGNORED_WORDS = (
    _BASE_URL_WORDS
    | _URL_WORDS
    | _BASE_URL_WORDS_IF_URL
    | {"GRAPHQL", "HTTP", "HTTPS", "PROXY", "REST"}
)

# Longer variants are matched only as a whole, to limit the work for a file of long names.
_MAX_OPTIONAL_WORDS = 4

_WORD = re.compile(r"[A-Z]+|[0-9]+")
_CAMEL_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")

Words = frozenset[str]


class BaseUrlLine(msgspec.Struct, frozen=True):
    """A line that sets, or seems to set, the base URL variable `name`."""

    name: str
    line: Line


class BaseUrlIndex:
    """The base URL variables of a file, by the words of their names.

    If a name is set more than once, the last line counts. All invalid lines are included.
    """

    def __init__(self, lines: list[Line]) -> None:
        self._lines: dict[Words | str, list[BaseUrlLine]] = {}
        self._best: dict[tuple[Words | str, str], tuple[int, BaseUrlLine] | None] = {}
        last = {line.name: line for line in lines if line.kind == "assignment"}
        for line in lines:
            if line.kind == "invalid" or (line.name is not None and last.get(line.name) is line):
                for name in _candidate_names(line):
                    self._add(BaseUrlLine(name, line))

    def get(self, words: Words | str) -> Sequence[BaseUrlLine]:
        """Return the variables with these words, or with this name."""
        return self._lines.get(words, ())

    def best(
        self,
        level: Iterable[Words | str],
        provider_slug: str,
        rank: Callable[[BaseUrlLine], int | None],
    ) -> BaseUrlLine | None:
        """Return the variable of a level with the lowest `rank` for a provider, or None.

        A variable whose rank is None is ignored. Ranks are computed once per provider.
        """
        ranked = [best for words in level if (best := self._best_of(words, provider_slug, rank))]
        return min(ranked, key=lambda entry: entry[0])[1] if ranked else None

    def _best_of(
        self, words: Words | str, provider_slug: str, rank: Callable[[BaseUrlLine], int | None]
    ) -> tuple[int, BaseUrlLine] | None:
        if words not in self._lines:
            return None
        if (words, provider_slug) not in self._best:
            ranked = [
                (number, variable)
                for variable in self._lines[words]
                if (number := rank(variable)) is not None
            ]
            self._best[words, provider_slug] = min(ranked, key=lambda entry: entry[0], default=None)
        return self._best[words, provider_slug]

    def _add(self, variable: BaseUrlLine) -> None:
        source = variable.line.source.reveal()
        keys: set[Words | str] = {
            variable.name.upper(),
            *base_url_name_words(variable.name, source),
        }
        for key in keys:
            self._lines.setdefault(key, []).append(variable)


def base_url_levels(
    name: str, stems: Sequence[Words], usual_names: Sequence[str]
) -> list[Sequence[Words | str]]:
    """Return the words and names of base URLs for the key variable `name`, most specific first.

    A variant of a key (`OPENAI_API_KEY_2`, `PROD_OPENAI_API_KEY`) uses the same variant of a base
    URL, then the plain one. `stems` are the word sets of the provider's names, `usual_names` the
    usual base URL variables of the provider.
    """
    return [*_specific_levels(name, stems), [*stems, *(base.upper() for base in usual_names)]]


def key_name_words(name: str) -> list[Words]:
    """Return the words that distinguish a key: OPENAI and 2 for `OPENAI_API_KEY_2`."""
    return [
        distinctive
        for words in _word_sets(name)
        if (distinctive := _distinctive_words(words, words - _KEY_WORDS)) is not None
    ]


def base_url_name_words(name: str, text: str = "=https://host") -> list[Words]:
    """Return the words that distinguish a base URL variable.

    Returns no words if a variable `name` with the value in `text` is not a base URL.
    """
    return [
        distinctive
        for words in _word_sets(name)
        if words & _BASE_URL_WORDS
        or {"API", "BASE"} <= words
        or (words & _URL_WORDS and (words & {"API", "BASE"} or _API_URL_VALUE.search(text)))
        or ("://" in text and words & _BASE_URL_WORDS_IF_URL and not words & _URL_WORDS)
        if (distinctive := _distinctive_words(words, words - _IGNORED_WORDS)) is not None
    ]


def is_same_site(name: str, value: str, base_url: str | None) -> bool:
    """Return whether a variable holds another URL in the provider's domain.

    That is the URL of its pages or of another of its services (us.i.posthog.com for
    us.posthog.com), under a name that does not say that it is the base URL.
    """
    if any({"BASE", "BASEURL", "BASEURI", "APIBASE"} & words for words in _word_sets(name)):
        return False
    host, provider_host = _host_labels(value), _host_labels(base_url or "")
    # Three labels for domains below co.uk and the like.
    labels = 2 if len(host) > 1 and len(host[-2]) > 3 else 3
    return (
        host != provider_host and len(host) >= labels and host[-labels:] == provider_host[-labels:]
    )


def _host_labels(url: str) -> list[str]:
    """Return the labels of the host of a URL with or without a scheme."""
    text = url.strip()
    try:
        host = urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:
        return []
    return host.rstrip(".").split(".")


def _specific_levels(name: str, stems: Sequence[Words]) -> list[list[Words]]:
    """Return the words of a key's base URLs, without the plain ones of its provider."""
    levels: list[list[Words]] = []
    for words in key_name_words(name):
        provider_words = max((stem for stem in stems if stem <= words), key=len, default=None)
        if provider_words is None:
            variant = frozenset(word for word in words if _is_variant(word))
            levels += [[words], [stem | variant for stem in stems] if variant else []]
            levels.append([words - variant])
        elif variant := words - provider_words:
            levels.append([stem | variant for stem in stems])
            if len(variant) <= _MAX_OPTIONAL_WORDS:
                levels.append([stem | (variant - {word}) for word in variant for stem in stems])
    return levels


def _distinctive_words(words: Words, rest: Words) -> Words | None:
    if all(_is_variant(word) for word in rest):
        return rest | {"API"} if "API" in words else None
    return rest


def _is_variant(word: str) -> bool:
    return word.isdigit() or word in VARIANTS


def _word_sets(name: str) -> set[Words]:
    """Return the words of a name, split as in `OPENAI_BASE_URL` and as in `openaiBaseUrl`."""
    camel = _CAMEL_WORD.findall(name)
    return {frozenset(_WORD.findall(name.upper())), frozenset(word.upper() for word in camel)}


def _candidate_names(line: Line) -> Iterable[str]:
    """Return the name that a line sets or, if the line is invalid, every possible name in it."""
    if line.name is not None:
        return (line.name,)
    return dict.fromkeys(_NAME.findall(line.source.reveal().partition("=")[0]))
