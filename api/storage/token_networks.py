"""Networks that a token was used from: attributes of the token's item.

`n_{network}` is the time of the first use from a network (epoch seconds). Each network is an
attribute of its own, so that processes which write at the same time lose none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_NETWORKS = 20
"""The number of networks that are kept and shown for a token, the latest."""

_PREFIX = "n_"


def network_attribute(network: str) -> str:
    """Return the name of a network in the token's item."""
    return _PREFIX + network


def stored_networks(item: Mapping[str, Any]) -> dict[str, int]:
    """Return the networks in a token's item with the times of their first use."""
    return {name[2:]: at for name, at in item.items() if name[:2] == _PREFIX}


def has_network(item: Mapping[str, Any], network: str) -> bool:
    """Return whether a token's item has a network."""
    return _PREFIX + network in item


def latest_networks(networks: Mapping[str, int]) -> dict[str, int]:
    """Return the latest networks, the last one first. At most MAX_NETWORKS."""
    ordered = sorted(networks.items(), key=lambda one: (-one[1], one[0]))
    return dict(ordered[:MAX_NETWORKS])


def surplus_networks(networks: Mapping[str, int]) -> list[str]:
    """Return the networks to remove before one more is stored, so that the latest are kept."""
    return sorted(networks, key=lambda name: (-networks[name], name))[MAX_NETWORKS - 1 :]


def new_networks(networks: Mapping[str, int]) -> dict[str, int]:
    """Return all networks but the first one, from which a token was used when it was new, or when
    networks were first recorded. The last one comes first.
    """
    ordered = sorted(networks.items(), key=lambda one: (-one[1], one[0]))
    return dict(ordered[:-1])
