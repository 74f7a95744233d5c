"""The APIs that have a stored key, by name."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from api.cli.errors import CliError

if TYPE_CHECKING:
    from api.cli.client import ApiClient

EVERY_API = "*"


def stored_apis(client: ApiClient) -> list[str]:
    """Return the names of the APIs that have a key, sorted."""
    return sorted({key["api_name"] for key in client.items("/api/keys")})


def require_apis(client: ApiClient, names: Sequence[str]) -> None:
    """Raise CliError unless each of these APIs has a key. `*` stands for every API."""
    wanted = [name for name in names if name != EVERY_API]
    if not wanted:
        return
    stored = stored_apis(client)
    for name in wanted:
        if name not in stored:
            similar = get_close_matches(name, stored, n=1)
            if similar:
                hint = f"did you mean {similar[0]}?"
            else:
                known = f", or name one of {', '.join(stored)}" if stored else ""
                hint = f"run `api-dashboard keys add {name}`{known}."
            raise CliError(f"No key for {name} is stored: {hint}")
