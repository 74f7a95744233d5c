"""Strict JSON (S26): one value, no duplicate keys, no NaN, no lone surrogates, bounded size and
depth.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from api.errors import Problem
from api.raw_request import RawRequest

_MAX_DEPTH = 32
_MEDIA_TYPE = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)


def parse_body(wire: RawRequest, limit: int) -> Any:
    """The request's body as JSON. Raises Problem."""
    if not _MEDIA_TYPE.fullmatch(wire.header("content-type") or ""):
        raise Problem("unsupported_media_type", "Send the body as application/json.")
    if wire.length is not None and wire.length > limit:
        raise _too_large(limit)
    parts = []
    size = 0
    while data := wire.body.read(65_536 if wire.length is None else wire.length - size):
        size += len(data)
        if size > limit:
            raise _too_large(limit)
        parts.append(data)
        if size == wire.length:
            break
    return parse(b"".join(parts))


def parse(data: bytes) -> Any:
    """A JSON value. Raises Problem(invalid_json)."""
    try:
        text = data.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except UnicodeDecodeError as error:
        raise _invalid("The body is not UTF-8.") from error
    except RecursionError as error:
        raise _invalid("The body is nested too deeply.") from error
    except json.JSONDecodeError as error:
        raise _invalid(f"Not JSON at line {error.lineno}, column {error.colno}.") from error
    except ValueError as error:
        raise _invalid("A number is too large.") from error
    _check(value, 0)
    return value


def _check(value: Any, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise _invalid("The body is nested too deeply.")
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise _invalid("A string holds half a surrogate pair.") from error
    elif isinstance(value, dict):
        for name, member in value.items():
            _check(name, depth)
            _check(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _check(member, depth + 1)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _invalid("An object names a member twice.")
    return members


def _constant(name: str) -> NoReturn:
    raise _invalid(f"{name} is not JSON.")


def _invalid(detail: str) -> Problem:
    return Problem("invalid_json", detail)


def _too_large(limit: int) -> Problem:
    return Problem("request_too_large", f"A body has at most {limit} bytes here.")
