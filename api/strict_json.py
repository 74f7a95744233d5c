"""Strict JSON (S26): one value, no duplicate names, no NaN, no lone surrogates, limited size and
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


def parse_body(raw_request: RawRequest, limit: int) -> Any:
    """Return the request's body, of at most `limit` bytes, as a JSON value.

    Raises Problem: unsupported_media_type, request_too_large or invalid_json.
    """
    if not _MEDIA_TYPE.fullmatch(raw_request.header("content-type") or ""):
        raise Problem(
            "unsupported_media_type",
            "The body is not declared as JSON. Send it with Content-Type: application/json.",
        )
    if raw_request.length is not None and raw_request.length > limit:
        raise _too_large(limit)
    parts = []
    size = 0
    while data := raw_request.body.read(
        65_536 if raw_request.length is None else raw_request.length - size
    ):
        size += len(data)
        if size > limit:
            raise _too_large(limit)
        parts.append(data)
        if size == raw_request.length:
            break
    return parse(b"".join(parts))


def parse(data: bytes) -> Any:
    """Return the JSON value of a UTF-8 text. Raises Problem(invalid_json)."""
    try:
        text = data.decode("utf-8")
        value = json.loads(
            text, object_pairs_hook=_require_unique_names, parse_constant=_reject_constant
        )
    except UnicodeDecodeError as error:
        raise _invalid("The body is not UTF-8. Encode it as UTF-8.") from error
    except RecursionError as error:
        raise _invalid(
            f"The body is nested too deeply. Use at most {_MAX_DEPTH} levels."
        ) from error
    except json.JSONDecodeError as error:
        raise _invalid(
            f"The body is not JSON: error at line {error.lineno}, column {error.colno}."
        ) from error
    except ValueError as error:
        raise _invalid("A number in the body has too many digits.") from error
    _require_plain(value, 0)
    return value


def _require_plain(value: Any, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise _too_deep()
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise _invalid("A string in the body has half of a surrogate pair.") from error
    elif isinstance(value, dict):
        for name, member in value.items():
            _require_plain(name, depth)
            _require_plain(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _require_plain(member, depth + 1)


def _require_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _invalid("An object in the body has a member twice. Send each member once.")
    return members


def _reject_constant(name: str) -> NoReturn:
    raise _invalid(f"The body has {name}, which is not JSON.")


def _invalid(detail: str) -> Problem:
    return Problem("invalid_json", detail)


def _too_deep() -> Problem:
    return _invalid(f"The body is nested too deeply. Use at most {_MAX_DEPTH} levels.")


def _too_large(limit: int) -> Problem:
    return Problem("request_too_large", f"The body is too large. Send at most {limit} bytes.")
