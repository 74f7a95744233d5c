"""The details of an audit entry: values of fields that are never secrets, as text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET

from api.audit_actions import AuditAction, SubjectType
from api.logs import masked

_MAX_LENGTH = 200
_BEFORE = "_before"
_API = r"[a-z0-9][a-z0-9_-]{0,47}"
_HEX = r"[0-9a-f]{32}"
_TOKEN = r"[0-9a-z]{13}"
_IDS: dict[SubjectType, re.Pattern[str]] = {
    "session": re.compile(_HEX),
    "passkey": re.compile(_HEX),
    "key": re.compile(rf"{_API}\.[0-9a-z]{{16}}"),
    "token": re.compile(_TOKEN),
    "api": re.compile(_API),
    "budget": re.compile(rf"(?:account|api:{_API}|token:{_TOKEN}):(?:day|week|month|total)"),
    "reconciliation": re.compile(_API),
    "notification_target": re.compile(r"[0-9a-f]{16}"),
}
WITHHELD = "withheld"
"""The detail with the names of given fields whose values an entry does not contain."""


def detail_text(value: object) -> str:
    """Return a value as printable text of at most 200 characters, with credentials masked."""
    text = "".join(c if c.isprintable() else " " for c in masked(_text(value)))
    return text if len(text) <= _MAX_LENGTH else text[: _MAX_LENGTH - 1] + "…"


def identifier(kind: SubjectType | None, text: str) -> str:
    """Return an id of a path, or nothing if no subject of this kind can have it.

    Nothing has looked for the subject yet, so the text can be anything, such as a pasted secret.
    """
    form = _IDS.get(kind or "account")
    return text if form is not None and form.fullmatch(text) and masked(text) == text else ""


def given_fields(action: AuditAction, body: object) -> dict[str, str]:
    """Return the details of a request body: the fields that it gives."""
    if not isinstance(body, msgspec.Struct):
        return {}
    given = {name: getattr(body, name) for name in body.__struct_fields__ if _is_given(body, name)}
    details = {name: detail_text(given[name]) for name in action.fields if name in given}
    withheld = [name for name in action.withheld if name in given]
    return details | ({WITHHELD: ", ".join(withheld)} if withheld else {})


def changed_fields(
    action: AuditAction, details: Mapping[str, str], old: msgspec.Struct | Mapping[str, object]
) -> dict[str, str]:
    """Return the earlier values of the fields in `details`, where they differ.

    `old` is a record or a mapping with the same names.
    """
    values = old if isinstance(old, Mapping) else msgspec.structs.asdict(old)
    earlier = {
        name: detail_text(values[name])
        for name in action.fields
        if name in details and name in values
    }
    return {f"{name}{_BEFORE}": text for name, text in earlier.items() if text != details[name]}


def _is_given(body: Any, name: str) -> bool:
    value = getattr(body, name)
    if value is None or value in ([], ()):
        return _is_partial(body)
    return value is not UNSET


def _is_partial(body: Any) -> bool:
    """Return whether fields can be left out, so that null and an empty list are values."""
    return any(default is UNSET for default in body.__struct_defaults__)


def _text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, msgspec.Raw):
        return bytes(value).decode()
    plain = msgspec.to_builtins(value)
    if isinstance(plain, Mapping):
        return " ".join(_text(member) for member in plain.values() if member is not None)
    return ", ".join(_text(member) for member in plain) or "none"
