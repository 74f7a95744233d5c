"""What calls are counted in: the units of genai-prices and how they contain one another."""

from __future__ import annotations

import functools

import msgspec

from api.spend.prices.snapshot import index

REQUESTS = "requests"
"""The unit of which each call has one."""


class Unit(msgspec.Struct, frozen=True):
    """A unit. Its prices are for `per` of it; `dimensions` say what it counts.

    A unit is part of those whose dimensions it has, such as cached input tokens of input tokens.
    `family` is `tokens`, `characters`, `durations`, `requests`, ... `direction` (`input`, `output`)
    and `modality` (`text`, `audio`, `image`, `video`) are empty where they do not matter.
    """

    name: str
    per: int
    dimensions: frozenset[tuple[str, str]]
    family: str
    direction: str
    modality: str

    def contains(self, other: Unit) -> bool:
        """Return whether `other` is this unit or a part of it."""
        return self.dimensions <= other.dimensions


def is_unit(name: str) -> bool:
    """Return whether usage can have a unit of this name."""
    return name in units()


@functools.cache
def units() -> dict[str, Unit]:
    """Return all units by name."""
    return {
        name: Unit(
            name,
            entry.per,
            frozenset(entry.dimensions.items()),
            entry.dimensions["family"],
            entry.dimensions.get("direction", ""),
            entry.dimensions.get("modality", ""),
        )
        for name, entry in index().units.items()
    }


@functools.lru_cache(maxsize=1_000)
def wholes(name: str) -> frozenset[str]:
    """Return the units that a unit is part of, itself included; none for an unknown name."""
    part = units().get(name)
    if part is None:
        return frozenset()
    return frozenset(whole.name for whole in units().values() if whole.contains(part))


@functools.lru_cache(maxsize=1_000)
def leaves(names: frozenset[str]) -> tuple[tuple[Unit, tuple[str, ...]], ...]:
    """Return the units of `names` with those of `names` that are parts of them.

    The most specific come first, so what a unit has beside its parts can be computed in this order.
    """
    known = [units()[name] for name in names]
    known.sort(key=lambda unit: (-len(unit.dimensions), unit.name))
    return tuple(
        (unit, tuple(part.name for part in known if part is not unit and unit.contains(part)))
        for unit in known
    )
