"""Names of backup files that are made by date."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path

_PREFIX = "api-dashboard-"
_SUFFIX = ".backup"
_NAME = re.compile(r"api-dashboard-(\d{4}-\d{2}-\d{2}-\d{6})\.backup")
_FORMAT = "%Y-%m-%d-%H%M%S"


def file_name(at: float) -> str:
    """Return the name for a backup that is made at an epoch time; names sort by time (UTC)."""
    return f"{_PREFIX}{time.strftime(_FORMAT, time.gmtime(at))}{_SUFFIX}"


def made_at(name: str) -> float | None:
    """Return the epoch time in such a name, None if it is another name."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1], _FORMAT).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def backups_in(folder: Path) -> list[tuple[float, Path]]:
    """Return the backups in a folder with their times, oldest first. Raises OSError."""
    found = [(made_at(path.name), path) for path in folder.iterdir()]
    return sorted((at, path) for at, path in found if at is not None)
