"""Find the place that options or a text name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec

from api.operations.aws.session import open_session
from api.operations.errors import OperationError
from api.operations.items import InstallationSecrets
from api.operations.places.folder import FolderPlace
from api.operations.places.stack import StackPlace, find_project
from api.operations.places.table import TablePlace
from api.settings import Settings

Place = FolderPlace | TablePlace
_TABLE = re.compile(r"([A-Za-z0-9_.-]{3,255})(?:@([a-z0-9-]+))?")

ReadSettings = Callable[[Path | None], Settings]
"""Returns the settings for a data folder, or for the one that is used by default."""


class PlaceOptions(msgspec.Struct, frozen=True):
    """Where an installation is. At most one of `data`, `stack` and `table` is given.

    `profile` and `region` are those of the AWS configuration, `project` is the folder of the Pulumi
    program.
    """

    data: Path | None = None
    stack: str | None = None
    table: str | None = None
    region: str | None = None
    profile: str | None = None
    project: Path | None = None


def open_place(options: PlaceOptions, settings: ReadSettings) -> Place:
    """Return the place, by default the data folder of this machine. Raises OperationError."""
    given = [name for name in ("data", "stack", "table") if getattr(options, name) is not None]
    if len(given) > 1:
        raise OperationError(f"--{given[0]} and --{given[1]} exclude each other: give one of them.")
    if options.stack is not None:
        return StackPlace(find_project(options.stack, options.project), options.profile)
    if options.table is not None:
        session = open_session(options.profile, options.region)
        return TablePlace(session, options.table, own=_own_secrets(settings(None)))
    here = settings(options.data)
    if options.data is None and here.dynamodb_endpoint is not None:
        raise OperationError(
            "AWS_ENDPOINT_URL_DYNAMODB is set, so this installation keeps its data in a table of "
            f"DynamoDB: name it with --table {here.table_name}."
        )
    return FolderPlace(here)


def parse_place(text: str, options: PlaceOptions, settings: ReadSettings) -> Place:
    """Return the place of a text: `stack:NAME`, `table:NAME`, `table:NAME@REGION`, or a folder.

    Raises OperationError.
    """
    kind, colon, name = text.partition(":")
    if colon and kind == "stack" and name:
        return open_place(msgspec.structs.replace(options, stack=name), settings)
    if colon and kind == "table":
        match = _TABLE.fullmatch(name)
        if match is None:
            raise OperationError(
                f"{text} does not name a table: write table:NAME or table:NAME@REGION."
            )
        wanted = msgspec.structs.replace(options, table=match[1], region=match[2] or options.region)
        return open_place(wanted, settings)
    if not text or (colon and "/" not in kind and not Path(text).exists()):
        raise OperationError(
            f"{text or 'An empty text'} names no place: write stack:NAME, table:NAME@REGION or the "
            "path of a data folder."
        )
    return open_place(msgspec.structs.replace(options, data=Path(text)), settings)


def _own_secrets(here: Settings) -> InstallationSecrets | None:
    if here.jwt_secret_key is None or not here.fernet_keys:
        return None
    return InstallationSecrets(here.jwt_secret_key, here.fernet_keys)
