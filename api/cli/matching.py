"""Finding an item of a list by its id or its name."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from api.cli.errors import CliError
from api.cli.output import plain
from api.cli.parsing import NO_SECRETS, may_be_secret


def find_one(
    items: Sequence[dict[str, Any]],
    wanted: str,
    id_field: str,
    name_field: str,
    kind: str,
    list_command: str,
) -> dict[str, Any]:
    """Return the item with this id, or the only one with this name.

    Raises CliError if there is none, or if several have the name. It lists them.
    """
    for item in items:
        if item[id_field] == wanted:
            return item
    found = [item for item in items if item[name_field] == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(str(item[id_field]) for item in found)
        raise CliError(f"{len(found)} {kind}s have the name {plain(wanted)}: give an id ({ids}).")
    known = [str(item[name_field]) for item in items]
    similar = get_close_matches(wanted, known, n=1)
    if similar:
        raise CliError(f"There is no such {kind}: did you mean {plain(similar[0])}?")
    if may_be_secret(wanted):
        raise CliError(f"There is no such {kind}. Give its id or name. {NO_SECRETS}")
    raise CliError(f"There is no {kind} {plain(wanted)}: see `{list_command}`.")
