"""The snapshot of model prices in the repository, which `make prices` writes.

The prices come from genai-prices (https://github.com/pydantic/genai-prices), under the licence in
`snapshot/LICENSE`. A provider's file is read when a price of that provider is first needed.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import msgspec

_FOLDER = Path(__file__).parent / "snapshot"


class UnitEntry(msgspec.Struct, frozen=True):
    """A unit of the index."""

    per: int
    dimensions: dict[str, str]


class ProviderEntry(msgspec.Struct, frozen=True):
    """A provider. `pattern` matches the beginning of its URLs.

    Models that it does not list have the prices of the providers in `fallbacks`.
    """

    id: str
    name: str
    pattern: str
    fallbacks: tuple[str, ...] = ()


class Index(msgspec.Struct, frozen=True):
    """The index of the snapshot. `date` is when it was made, `version` that of genai-prices."""

    date: str
    version: str
    units: dict[str, UnitEntry]
    providers: tuple[ProviderEntry, ...]


class DatedPrices(msgspec.Struct, frozen=True):
    """Prices that apply from a date, or daily between two times (UTC; the end may be earlier).

    `units` has prices in dollars by unit, each for the unit's `per`. A list has tiers: the price
    below the first one, then pairs of the input tokens above which a price applies, and that price.
    """

    units: dict[str, Any]
    start_date: str = ""
    start_time: str = ""
    end_time: str = ""


class Variant(DatedPrices, frozen=True, kw_only=True):
    """Prices that replace others if the call's context has all values of `when`."""

    when: dict[str, str]


class Model(msgspec.Struct, frozen=True):
    """A model. `context` is the largest number of input tokens, 0 if unknown.

    `match` is a clause: an operator and a text (`=` is, `^` begins with, `$` ends with, `*`
    contains, `~` matches the pattern), or a list of `or` or `and` with further clauses.
    """

    id: str
    match: Any
    prices: tuple[DatedPrices, ...]
    context: int = 0
    variants: tuple[Variant, ...] = ()


# Created on import, before threads use them (S43).
_INDEX = msgspec.json.Decoder(Index)
_MODELS = msgspec.json.Decoder(tuple[Model, ...])


@functools.cache
def index() -> Index:
    """Return the index of the snapshot."""
    return _INDEX.decode((_FOLDER / "index.json").read_bytes())


@functools.cache
def models(provider: str) -> tuple[Model, ...]:
    """Return the models of a provider, in the order in which they are matched."""
    return _MODELS.decode((_FOLDER / f"{provider}.json").read_bytes())
