"""Find the keys in a value: alone, after `Bearer`, before a comment, or in a list."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from api.services.keys.non_keys import non_key_reason

# `Bearer x`, `Authorization: Bearer x`, `token x`.
_SCHEME = re.compile(
    r"(?:(?:Authorization|X-Api-Key|Api-Key)\s*[:=]\s*)?(?:(?:Bearer|Token|Bot|Key|ApiKey)\s+)?",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"[,;|\s]+")
_JSON_LIST = re.compile(r"\[(.*)\]", re.DOTALL)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_BLANKS = " \t\r\n\u00a0"
_MOST_KEYS = 40


class FoundKeys(msgspec.Struct, frozen=True):
    """The keys in a value. `before` and `comment` are the text around them that counts.

    `remarks` are sentences on what is not part of a key.
    """

    keys: tuple[str, ...]
    before: str = ""
    comment: str = ""
    remarks: tuple[str, ...] = ()


def find_keys(
    value: str, has_shape: Callable[[str], bool], is_key: Callable[[str], bool], prefix: str = ""
) -> FoundKeys:
    """Return the keys in a value, or the value itself if it cannot be divided.

    `has_shape` returns whether a text has the known shape of a key, `is_key` also whether it may be
    one by its look. `prefix` is what the provider expects before a key.
    """
    text = without_invisible(value).strip(_BLANKS)
    remarks = [] if text == value else ["Spaces and invisible characters around it are ignored."]
    if has_shape(text):
        return FoundKeys((text,), remarks=tuple(remarks))
    before = _scheme(text, prefix)
    text = text[len(before) :]
    if before:
        remarks.append(f"“{before.strip()}” is not part of the key.")
    comment = ""
    if not has_shape(text):
        text, comment = _without_comment(text, has_shape, is_key)
        if comment:
            remarks.append("The text from # on is a comment.")
    if not has_shape(text):
        if text.rstrip(",; ") != text and is_key(text.rstrip(",; ")):
            text = text.rstrip(",; ")
            remarks.append("The punctuation after it is not part of the key.")
        listed = _listed(text, has_shape, is_key)
        if listed is not None:
            keys, others = listed
            if others:
                remarks.append("The other parts of the list are not keys.")
            return FoundKeys(keys, before, comment, tuple(remarks))
    return FoundKeys((text,), before, comment, tuple(remarks))


def without_invisible(text: str) -> str:
    """Return a text without characters that have no width."""
    return _INVISIBLE.sub("", text)


def _scheme(text: str, prefix: str) -> str:
    if prefix.strip() and text.lower().startswith(prefix.lower()):
        return text[: len(prefix)]
    match = _SCHEME.match(text)
    before = match[0] if match is not None else ""
    return before if len(before) < len(text) else ""


def _without_comment(
    text: str, has_shape: Callable[[str], bool], is_key: Callable[[str], bool]
) -> tuple[str, str]:
    """Divide a value at `#`: dotenv for Node.js reads a comment there, other readers do not."""
    for at in (match.start() for match in re.finditer("#", text)):
        left, right = text[:at].rstrip(",; \t"), text[at:]
        if has_shape(left) or (is_key(left) and not is_key(right[1:].strip())):
            return left, right
    return text, ""


def _listed(
    text: str, has_shape: Callable[[str], bool], is_key: Callable[[str], bool]
) -> tuple[tuple[str, ...], bool] | None:
    """Return the keys of a list and whether it has other parts, or None if it is none."""
    array = _JSON_LIST.fullmatch(text)
    parts = [part.strip("\"'` ") for part in _SEPARATOR.split(array[1] if array else text)]
    parts = [part for part in parts if part and part.lower() not in ("bearer", "token")]
    if (len(parts) < 2 and array is None) or len(parts) > _MOST_KEYS:
        return None
    keys = tuple(dict.fromkeys(part for part in parts if is_key(part)))
    others = [part for part in parts if part not in keys]
    complete = all(non_key_reason(part) is not None for part in others)
    return (keys, bool(others)) if keys and complete and len(keys) * 2 > len(others) else None
