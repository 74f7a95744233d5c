"""Read a JSON file with an array of entries, such as a catalogue or a file of agents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from api.errors import SettingError

_Entry = TypeVar("_Entry")


def read_entries(
    path: Path,
    noun: str,
    key: str,
    decode: Callable[[msgspec.Raw], _Entry],
    error_type: type[SettingError],
) -> tuple[_Entry, ...]:
    """Return the entries of a file. `noun` names the file in errors, such as "catalogue file".

    `decode` checks an entry and raises msgspec.DecodeError. No two entries have the same value in
    their member `key`. Raises `error_type`; its text names file, entry and field.
    """
    try:
        entries = msgspec.json.decode(path.read_bytes(), type=list[msgspec.Raw])
    except OSError as error:
        raise error_type(f"The {noun} {path} cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise error_type(f"The {noun} {path} is not a JSON array: {error}.") from error
    decoded: dict[str, _Entry] = {}
    for number, raw in enumerate(entries, start=1):
        try:
            entry = decode(raw)
            name = getattr(entry, key)
            if name in decoded:
                raise invalid_field(f"Two entries have this {key}", key)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise error_type(
                f"Entry {_label(number, raw, key)} of the {noun} {path} is not valid: {error}."
            ) from error
        decoded[name] = entry
    return tuple(decoded.values())


def invalid_field(reason: str, field: str) -> msgspec.ValidationError:
    """Return the error of a field, in msgspec's format."""
    return msgspec.ValidationError(f"{reason} - at `$.{field}`")


def _label(number: int, raw: msgspec.Raw, key: str) -> str:
    try:
        name = msgspec.json.decode(raw)[key]
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, KeyError):
        return str(number)
    return f"{number} ({name})"
