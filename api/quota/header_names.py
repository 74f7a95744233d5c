"""Parse the name of a rate-limit header field. The words are in `header_words`."""

import re
from functools import lru_cache
from typing import NamedTuple

from api.quota import header_words as words

MAX_NAME = 64
"""Characters. Longer names are skipped: no rate-limit header field has one."""

WAIT = "wait"
"""The kind of a field with a time to wait, such as `Retry-After`."""

_HINTS = (
    "limit", "remain", "reset", "quota", "retry", "usage", "used", "requests", "left", "avail",
    "throttl", "credits", "wait", "backoff",
)  # fmt: skip
_LONGEST_WORD = 24
# Words that are also written together, as in `daylimit` and `userremaining`.
_GLUED = frozenset(
    word
    for word in (*words.ROLES, *words.PERIODS, *words.COUNTED, *words.SCOPES, *words.TIME_STYLES,
                 *words.SYNONYMS, *words.SCALES, words.MARKER, words.RETRY, "near", "over", "per")
    if len(word) > 2
) | {"at", "by", "in", "ip", "on"}  # fmt: skip
_NUMBERED_PERIOD = r"([0-9]{1,5})(s|sec|second|m|min|minute|h|hr|hour|d|day)s?"


class HeaderName(NamedTuple):
    """The meaning of the name of a rate-limit header field.

    `family` is what fields of one quota have in common, empty for a field that stands alone.
    `window` is the name of the window, empty if there is none. `kind` is the quantity, such as
    `limit` or `reset`. `scale` is the unit of a time in seconds, 0 if the name states none.
    `needs_pair`: without `ratelimit` in its name, a limit alone may limit anything.
    """

    family: str
    window: str
    kind: str
    scale: float = 0
    needs_pair: bool = False


@lru_cache(maxsize=1_024)
def parse_name(name: str) -> HeaderName | None:
    """Parse a header name in any case. Returns None if it is not about rate limits.

    Accepts any order of words: `x-ratelimit-limit-tokens` (OpenAI), `x-ratelimit-tokens-limit`
    (Linear), `X-Rate-Limit-Time-Reset-Ms` (BigCommerce), `X-AppMinLimit-Remaining` (Xero).
    """
    lower = name.lower()
    if lower in words.STANDALONE:
        return HeaderName("", "", words.STANDALONE[lower])
    if not any(hint in lower for hint in _HINTS):
        return None
    parts = _split(lower)
    if words.RETRY in parts:
        return _wait(parts)
    if not words.WAITS.isdisjoint(parts):
        return _named_wait(parts)
    if words.MARKER in parts:
        position = parts.index(words.MARKER)
        family = lower.partition("limit")[0] + "limit"
        known = [part for part in parts[:position] if _is_window_word(part)]
        return _marked(family, known, parts[position + 1 :])
    return _unmarked(parts)


@lru_cache(maxsize=256)
def window_length(name: str) -> int | None:
    """Return the seconds of a window whose name says them, None if it does not."""
    first, *_ = parts = name.split("-")
    if (numbered := re.fullmatch(_NUMBERED_PERIOD, parts[-1])) is not None:
        units = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
        return int(numbered[1]) * units[numbered[2][0]] or None
    length = words.PERIODS.get(parts[-1], words.PERIODS.get(first))
    if length and len(parts) > 1 and re.fullmatch(r"[0-9]{1,5}", parts[-2]):
        return length * int(parts[-2]) or None
    return length


def _marked(family: str, known: list[str], rest: list[str]) -> HeaderName | None:
    """Return the meaning of a name with the words `rest` behind `ratelimit`."""
    if rest == ["unified", "status"]:
        return HeaderName(family, "unified", "status")
    if rest and rest[-1] in ("policy", "policies"):
        return HeaderName(family, "", "policy")
    if rest in (["name"], ["resource"]):
        return HeaderName(family, "", "name")
    if rest[-2:] == ["time", "unit"]:
        return HeaderName(family, _window([*known, *rest[:-2]]), "length-unit")
    if not words.OTHER.isdisjoint(rest) or _costs(rest):
        return None
    found = _role(rest)
    if found is not None:
        kind, scale, left = found
        return HeaderName(family, _window([*known, *left]), kind, scale)
    if all(_is_window_word(part) for part in rest):
        return HeaderName(family, _window([*known, *rest]), "state")
    return HeaderName(family, _window([*known, *rest]), "members")


def _unmarked(parts: list[str]) -> HeaderName | None:
    """Return the meaning of a name that says what it limits, but not that it is a rate limit."""
    has_unit = parts[-2:] == ["time", "unit"]
    if has_unit:
        parts = [*parts[:-2], "interval"]
    if not words.FOREIGN.isdisjoint(parts) or not words.OTHER.isdisjoint(parts) or _costs(parts):
        return None
    start = next((i for i, part in enumerate(parts) if part in _MEANINGFUL or _period(part)), None)
    if start is None:
        return None
    found = _role(parts[start:])
    if found is None:
        return None
    kind, scale, left = found
    vague = {part for part in parts[start:] if part in words.VAGUE and part not in left}
    if vague and "concurrent" not in left:
        return None
    if has_unit:
        kind = "length-unit"
    counts = not words.COUNTED.isdisjoint(left)
    scoped = any(part in words.SCOPES or _period(part) for part in left)
    limits = "limit" in left
    if not (counts or scoped):
        return None
    window = _window([part for part in left if part != "limit"])
    pair = kind in ("limit", "used") or not (counts or (scoped and limits))
    family = "-".join(parts[:start])
    return HeaderName(f"{family}~", window, kind, scale, pair)


def _wait(parts: list[str]) -> HeaderName | None:
    position = parts.index(words.RETRY)
    after = parts[position + 1 :]
    if position > 4 or not after or after[0] not in words.TIME_STYLES:
        return None
    scale = 0.0
    for part in after[1:]:
        if part in words.SCALES:
            scale = words.SCALES[part]
        elif part not in words.TIME_STYLES:
            return None
    return HeaderName("", "", WAIT, scale)


def _named_wait(parts: list[str]) -> HeaderName | None:
    """Return the meaning of `X-RateLimit-Wait`, `X-Throttle-Wait-Seconds` or `X-Backoff`."""
    rest = [part for part in parts if part not in words.WAITS and part not in words.FILLERS]
    scale = words.SCALES.get(rest[-1], 0.0) if rest else 0.0
    if scale:
        rest.pop()
    if rest and words.MARKER not in rest and "throttle" not in rest:
        return None
    return HeaderName("", "", WAIT, scale)


def _role(parts: list[str]) -> tuple[str, float, list[str]] | None:
    """Return the kind, the unit in seconds, and the words that are left for the window."""
    left = list(parts)
    scale, styles = 0.0, []
    while left and (left[-1] in words.SCALES or left[-1] in words.TIME_STYLES):
        if not any(words.ROLES.get(part) in ("reset", "length") for part in left[:-1]):
            break
        word = left.pop()
        if word in words.SCALES:
            scale = words.SCALES[word]
        else:
            styles.append(words.TIME_STYLES[word])
    position = _role_position(left)
    if position is None:
        return None
    kind = words.ROLES[left.pop(position)]
    behind = left[position] if position < len(left) else ""
    if left[-2:] == ["query", "time"] and not behind and kind != "reset":
        return kind, scale, [*left[:-2], words.QUERY_TIME]
    if kind == "remaining" and "time" in left:
        kind, left = "reset-after", [part for part in left if part != "time"]
        if left:
            return None  # a budget of time, as Dynamics has
    if kind == "reset":
        if words.ROLES.get(behind) == "length":  # Azure's `renewalperiod`
            kind = "length"
            left.pop(position)
        elif behind in words.TIME_STYLES:
            styles.append(words.TIME_STYLES[left.pop(position)])
    if kind == "reset":
        if scale and scale != 1:
            kind = "reset-scaled"
        elif styles:
            kind = styles[-1]
    return kind, scale, left


def _role_position(parts: list[str]) -> int | None:
    """Return the position of the word with the role: the last word, or else the first role.

    `quota` also names what is counted, as in `quota-remaining-monthly`.
    """
    positions = [i for i, part in enumerate(parts) if part in words.ROLES]
    clear = [i for i in positions if parts[i] != "quota"] or positions
    if not clear:
        return None
    return len(parts) - 1 if len(parts) - 1 in positions else clear[0]


def _window(parts: list[str]) -> str:
    kept = [part for part in parts if part not in words.FILLERS]
    name = "-".join([words.WINDOW_NAMES.get(part, part) for part in kept])
    return "tokens" if name == "token" else name


def _costs(parts: list[str]) -> bool:
    """Return whether a name is about what the request itself cost."""
    return "request" in parts and not {"current", "this"}.isdisjoint(parts)


def _split(lower: str) -> list[str]:
    """Split a name into words: `x-rate-limit-userremaining` is x, ratelimit, user, remaining."""
    parts: list[str] = []
    for part in re.split(r"[-_.]+", lower):
        for word in _unglue(part):
            word = words.SYNONYMS.get(word, word)
            if word == "limit" and parts and parts[-1] == "rate":
                parts[-1] = words.MARKER
            elif word == "size" and parts and parts[-1] == "by":
                parts[-1] = words.SYNONYMS["bysize"]
            elif word:
                parts.append(word)
    return parts


def _unglue(part: str) -> list[str]:
    """Split a word that consists of known words, with as few of them as possible."""
    if part in _GLUED or part in words.OTHER or not 5 < len(part) <= _LONGEST_WORD:
        return [part]
    best: list[list[str] | None] = [[]] + [None] * len(part)
    for end in range(1, len(part) + 1):
        for start in range(end):
            before = best[start]
            if before is None or part[start:end] not in _GLUED_OR_SIZE:
                continue
            known = best[end]
            if known is None or len(before) + 1 < len(known):
                best[end] = [*before, part[start:end]]
    return best[-1] or _around_marker(part)


def _around_marker(part: str) -> list[str]:
    """Split a provider's own word from the marker: `featureratelimit` is feature, ratelimit."""
    before, marker, behind = part.partition(words.MARKER)
    return [word for word in (before, marker, behind) if word]


def _is_window_word(part: str) -> bool:
    return part in words.COUNTED or part in words.SCOPES or part in words.FILLERS or _period(part)


def _period(part: str) -> bool:
    return part in words.PERIODS or re.fullmatch(_NUMBERED_PERIOD, part) is not None


_GLUED_OR_SIZE = _GLUED | {"size"}
_MEANINGFUL = frozenset(words.ROLES) | words.COUNTED | words.SCOPES | {"limit", "per", "this"}
