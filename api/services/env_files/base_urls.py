"""Which variables of a `.env` file hold the address that goes with a key, by their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlsplit

import msgspec

from api.services.env_files.syntax import Line

# What may follow a known name when a file holds several keys of one provider: a name such as
# GITHUB_TOKEN_URL or OPENAI_API_KEY_FILE is that of something else.
VARIANTS = frozenset(
    "prod production live dev development staging stage test testing sandbox local backup fallback"
    " old new primary secondary main default alt personal work team a b c".upper().split()
)

_KEY = frozenset({"API", "KEY", "APIKEY", "TOKEN", "ACCESS", "AUTH", "SECRET", "PAT"})
_ADDRESS = frozenset(
    {"HOST", "HOSTNAME", "ENDPOINT", "ADDR"}
    | {"BASEURL", "BASEURI", "APIBASE", "APIURL", "APIHOST"}
)
# With BASE or API beside it an address; alone only where the value looks like an API's, not like a
# page's (NOTION_URL) or a site's without a scheme (VERCEL_URL).
_URL = frozenset({"URL", "URI"})
_LIKE_AN_API = re.compile(
    r"""=\s*["']?https?://[^/\s"'#]+(?:/(?:[^\s"'#]*/)?(?:v\d[\w.-]*|api)?/?)?["'\s]*(?:#.*)?$""",
    re.IGNORECASE,
)
# Also the name of other things, such as AIRTABLE_BASE: an address only where the value is a URL.
_ADDRESS_IF_URL = frozenset(
    {"API", "ADDRESS", "BASE", "DOMAIN", "GATEWAY", "INSTANCE", "ROOT", "SERVER", "SITE"}
)
_BESIDE_ADDRESS = _ADDRESS | _URL | _ADDRESS_IF_URL | {"GRAPHQL", "HTTP", "HTTPS", "PROXY", "REST"}

# Of longer variants no single word is left out: a file of such names would take long.
_MOST_LEFT_OUT = 4

_WORD = re.compile(r"[A-Z]+|[0-9]+")
_CAMEL_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")

Words = frozenset[str]


class Address(msgspec.Struct, frozen=True):
    """A line that holds, or should hold, an address under `name`."""

    name: str
    line: Line


class Addresses:
    """The addresses of a file; of lines with one name the last counts, and all that are broken."""

    def __init__(self, lines: list[Line]) -> None:
        self._found: dict[Words | str, list[Address]] = {}
        self._first: dict[tuple[Words | str, str], tuple[int, Address] | None] = {}
        last = {line.name: line for line in lines if line.kind == "assignment"}
        for line in lines:
            if line.kind == "broken" or (line.name is not None and last.get(line.name) is line):
                for name in _names(line):
                    self._add(Address(name, line))

    def at(self, words: Words | str) -> Sequence[Address]:
        """The addresses under these words, or that name."""
        return self._found.get(words, ())

    def first(
        self, level: Iterable[Words | str], owner: str, rank: Callable[[Address], int | None]
    ) -> Address | None:
        """The address of a level that comes first by `rank`, which is asked once per owner; it
        leaves out those for which it has none.
        """
        found = [first for words in level if (first := self._first_at(words, owner, rank))]
        return min(found, key=lambda first: first[0])[1] if found else None

    def _first_at(
        self, words: Words | str, owner: str, rank: Callable[[Address], int | None]
    ) -> tuple[int, Address] | None:
        if words not in self._found:
            return None
        if (words, owner) not in self._first:
            ranked = [
                (place, address)
                for address in self._found[words]
                if (place := rank(address)) is not None
            ]
            self._first[words, owner] = min(ranked, key=lambda entry: entry[0], default=None)
        return self._first[words, owner]

    def _add(self, address: Address) -> None:
        source = address.line.source.reveal()
        keys: set[Words | str] = {address.name.upper(), *address_words(address.name, source)}
        for key in keys:
            self._found.setdefault(key, []).append(address)


def address_levels(
    name: str, stems: Sequence[Words], usual: Sequence[str]
) -> list[Sequence[Words | str]]:
    """The words, or names, of the addresses that go with the key in `name`, the nearest first.

    A variant (`OPENAI_API_KEY_2`, `PROD_OPENAI_API_KEY`) goes with the same variant of an address,
    then with the plain one. `stems` are the words of its provider's names, `usual` the names of its
    base URL.
    """
    return [*_nearest(name, stems), [*stems, *(base.upper() for base in usual)]]


def key_words(name: str) -> list[Words]:
    """The words that tell a key from others: those of `OPENAI_API_KEY_2` are OPENAI and 2."""
    return [
        telling
        for words in _readings(name)
        if (telling := _telling(words, words - _KEY)) is not None
    ]


def address_words(name: str, text: str = "=https://host") -> list[Words]:
    """The words that tell an address from others, none if `name`, for that text, is of none."""
    return [
        telling
        for words in _readings(name)
        if words & _ADDRESS
        or {"API", "BASE"} <= words
        or (words & _URL and (words & {"API", "BASE"} or _LIKE_AN_API.search(text)))
        or ("://" in text and words & _ADDRESS_IF_URL and not words & _URL)
        if (telling := _telling(words, words - _BESIDE_ADDRESS)) is not None
    ]


def is_of_same_site(name: str, value: str, base_url: str | None) -> bool:
    """Whether a variable holds another address of the provider's domain, such as its pages' or that
    of another of its services (us.i.posthog.com beside us.posthog.com), by a name that does not say
    that it is the base URL.
    """
    if any({"BASE", "BASEURL", "BASEURI", "APIBASE"} & words for words in _readings(name)):
        return False
    one, two = _host(value), _host(base_url or "")
    labels = 2 if len(one) > 1 and len(one[-2]) > 3 else 3  # three below co.uk and the like
    return one != two and len(one) >= labels and one[-labels:] == two[-labels:]


def _host(address: str) -> list[str]:
    """The labels of the host of an address with or without a scheme."""
    text = address.strip()
    try:
        host = urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:
        return []
    return host.rstrip(".").split(".")


def _nearest(name: str, stems: Sequence[Words]) -> list[list[Words]]:
    """The words of the addresses that go with a key, but for the plain ones of its provider."""
    levels: list[list[Words]] = []
    for own in key_words(name):
        inside = max((stem for stem in stems if stem <= own), key=len, default=None)
        if inside is None:
            variant = frozenset(word for word in own if _is_variant(word))
            levels += [[own], [stem | variant for stem in stems] if variant else []]
            levels.append([own - variant])
        elif variant := own - inside:
            levels.append([stem | variant for stem in stems])
            if len(variant) <= _MOST_LEFT_OUT:
                levels.append([stem | (variant - {word}) for word in variant for stem in stems])
    return levels


def _telling(words: Words, rest: Words) -> Words | None:
    if all(_is_variant(word) for word in rest):
        return rest | {"API"} if "API" in words else None
    return rest


def _is_variant(word: str) -> bool:
    return word.isdigit() or word in VARIANTS


def _readings(name: str) -> set[Words]:
    """The words of a name, as `OPENAI_BASE_URL` and as `openaiBaseUrl` is read."""
    camel = _CAMEL_WORD.findall(name)
    return {frozenset(_WORD.findall(name.upper())), frozenset(word.upper() for word in camel)}


def _names(line: Line) -> Iterable[str]:
    """The name of a line; where it cannot be read, whatever may be meant for one."""
    if line.name is not None:
        return (line.name,)
    return dict.fromkeys(_NAME.findall(line.source.reveal().partition("=")[0]))
