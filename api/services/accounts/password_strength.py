"""Refuses new passwords that attackers guess first (S20, NIST SP 800-63B 3.1.1.2).

These are common passwords and words, the user's own names, the product's name, repetitions and
sequences, also with a few digits and symbols added or with letters written as digits. There are no
composition rules. The list of words has zxcvbn's most common passwords, English words and first
names; zxcvbn itself would add 0.4 MB to the function's bundle, and refuses long passphrases with
repetitions.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

MIN_CHARACTERS = 8
MAX_BYTES = 1024

_COMMON_WORDS = Path(__file__).with_name("common_passwords.txt")
_PRODUCT_WORDS = ("personal", "api", "apis", "apd", "dashboard")
# Longer passwords are compared only as a whole with words and names.
_LONGEST_JUDGED = 64
_SHORTEST_WORD = 4
_SHORTEST_NAME = 3
# Characters around a word that hardly make it harder to guess.
_DECORATION = 6
_LEET_TABLE = {
    "0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i",
    "|": "l", "+": "t", "(": "c", "\u20ac": "e",
}  # fmt: skip
_LEET = [str.maketrans({**_LEET_TABLE, "1": one}) for one in "il"]
_WALKS = (
    "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./",
    "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn", "!@#$%^&*()", "!\"\u00a7$%&/()=",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0",
    "qazwsxedcrfvtgbyhnujmikolp", "zaq1xsw2cde3vfr4bgt5nhy6mju7", "147258369", "159357",
)  # fmt: skip
_SEQUENCES = tuple(walk for text in _WALKS for walk in (text, text[::-1]))


@lru_cache(maxsize=1)
def _common_words() -> frozenset[str]:
    return frozenset(_COMMON_WORDS.read_text(encoding="ascii").split())


def weakness(password: str, username: str, email: str = "") -> str | None:
    """Return why a new password is refused, in sentences, or None."""
    text = unicodedata.normalize("NFKC", password)
    if min(len(text), len(password)) < MIN_CHARACTERS:
        return f"The password is too short. Use at least {MIN_CHARACTERS} characters."
    if max(len(text.encode()), len(password.encode())) > MAX_BYTES:
        return f"The password is too long. Use at most {MAX_BYTES} bytes."
    text = text.casefold()
    names = _names(username, email)
    if text == email.casefold() or _is_made_of(text, names):
        return (
            "The password is the username or the email address, or almost the same. "
            "Choose another one."
        )
    if len(text) > _LONGEST_JUDGED:
        if _period(text) <= 1:
            return "The password repeats one character. Choose another one."
        return None
    if _is_made_of(text, _PRODUCT_WORDS):
        return "The password is the name of this product, or almost the same. Choose another one."
    cores = _cores(text)
    if any(_is_repetition(core) for core in cores):
        return "The password repeats a few characters. Choose another one."
    if any(_is_sequence(core) for core in cores):
        return "The password is a sequence of characters or keys. Choose another one."
    if _is_common(text) or any(_is_common(core) for core in _decorated(text)):
        return (
            "The password is a common one, or a common word with a few characters added. "
            "Choose another one, such as several words."
        )
    return None


def _names(username: str, email: str) -> tuple[str, ...]:
    """Return the user's names as they may be part of a password, also backwards."""
    local, _, domain = email.casefold().partition("@")
    words = {username.casefold(), local, domain, domain.partition(".")[0]}
    words |= {re.sub(r"[\W_]", "", word) for word in words}
    words |= {part for word in (username.casefold(), local) for part in re.split(r"[\W_]+", word)}
    words |= {word[::-1] for word in words}
    return tuple(word for word in words if len(word) >= _SHORTEST_NAME)


def _is_made_of(text: str, words: tuple[str, ...]) -> bool:
    """Return whether a text contains one of the words, and little besides such words."""
    forms = [(text, words)]
    forms += [(text.translate(leet), tuple(w.translate(leet) for w in words)) for leet in _LEET]
    for form, parts in forms:
        for candidate in {form, re.sub(r"[\W_]", "", form)}:
            rest = candidate
            for part in sorted(parts, key=len, reverse=True):
                rest = rest.replace(part, " ")
            if rest != candidate and _is_little(re.sub(r"[\W_]", "", rest)):
                return True
    return False


def _is_little(rest: str) -> bool:
    return (
        len(rest) <= _SHORTEST_WORD
        or (rest.isdecimal() and len(rest) <= 2 * _SHORTEST_WORD)
        or _is_sequence(rest)
        or _is_common(rest)
    )


def _is_common(text: str) -> bool:
    """Return whether a text is a common word, also with letters as digits or with separators."""
    common = _common_words()
    forms = {text, re.sub(r"[\W_]", "", text)}
    forms |= {form.translate(leet) for form in forms for leet in _LEET}
    return any(form in common for form in forms)


def _cores(text: str) -> set[str]:
    """Return a text as it is, and without separators and final digits and symbols."""
    bare = re.sub(r"[\s_.,-]", "", text)
    return {text, bare, bare.rstrip("!?*#+.$"), re.sub(r"[\W\d_]{1,3}\Z", "", bare)} - {""}


def _decorated(text: str) -> Iterator[str]:
    """Yield the text without a few of the digits and symbols at its ends."""
    before = len(text) - len(re.sub(r"\A[\W\d_]+", "", text))
    after = len(text) - len(re.sub(r"[\W\d_]+\Z", "", text))
    for start in range(before + 1):
        for end in range(len(text) - after, len(text) + 1):
            core, decoration = text[start:end], text[:start] + text[end:]
            if len(core) < _SHORTEST_WORD or not decoration:
                continue
            digits = re.sub(r"[\W_]", "", decoration)
            is_few = len(core) > _SHORTEST_WORD and len(decoration) <= _DECORATION
            if is_few or _is_sequence(digits) or re.fullmatch(r"(19|20)\d\d", digits):
                yield core


def _is_repetition(text: str) -> bool:
    """Return whether a text repeats a common word or at most three characters."""
    period = _period(text)
    return 2 * period <= len(text) and (period < _SHORTEST_WORD or _is_common(text[:period]))


def _period(text: str) -> int:
    """Return the length of the shortest part that a text repeats, also if the last is cut off."""
    return next(
        (length for length in range(1, len(text)) if text[length:] == text[:-length]), len(text)
    )


def _is_sequence(text: str) -> bool:
    """Return whether a text is at most three runs along the alphabet or the keyboard."""
    position = runs = 0
    while position < len(text):
        length = _run_length(text[position:])
        left = len(text) - position
        if length < 3:
            return runs > 0 and left <= 2 and left < position
        position += length
        runs += 1
    return 0 < runs <= 3


def _run_length(text: str) -> int:
    """Return the length of the run at the start of a text: one character, or neighbours."""
    length = len(text) - len(text.lstrip(text[0]))
    for sequence in _SEQUENCES:
        while text[: length + 1] in sequence and length < len(text):
            length += 1
    return length
