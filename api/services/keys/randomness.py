"""Distinguish random text, as in keys, from words, counters and other text that people write."""

from __future__ import annotations

import math
import re

# The most frequent pairs of letters in English words, technical terms included.
_PAIRS = frozenset(
    str.split(
        "th he in er an re nd on en at ou ed ha to or it is hi es ng te st ar nt se ti al as"
        " le ve me ea de ne ri ro io ic li ra ce ho ll ma om ur ch el co us ec ta la di si et"
        " rs ss pe ca ac il em so ei no tr lo ut pl ee ot ns un ni po wh ai ad ge sh ow we wo"
        " ul id pr oo ke ey ol ag am ir ab ap ay bi bl bo br by cl cr ct da do em ep ex fa fe"
        " fi fo fr ga gi go gr ht ie if im ip iv ki mo mp mi nc oc od of op os ov pa pi pp pu"
        " pt qu rd rt ry sa sc su sp tu tt tw ty ub uc ue up va vi wa wi wn yo ys rv rk ck ld"
        " lf dd ff bu ba be ud ug ui uk um"
    )
)
_TOKEN = re.compile(r"[A-Za-z0-9]+")
_SHORT = re.compile(r"[a-z]{1,4}|[A-Z]{1,4}|[A-Z][a-z]{1,3}|[0-9]{1,4}")
_LETTERS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_KEYBOARD = "qwertyuiop asdfghjkl zxcvbnm"

_SHORTEST_WORD = 3
_WORD_SHARE = 0.6
# Fewer neighbours, such as the `abc` of a random text, occur by chance.
_SHORTEST_COUNTER = 4
_RANDOM_BITS = 60.0
_SHORTEST_RANDOM = 16


def looks_random(text: str) -> bool:
    """Return whether a text looks generated: 16 characters or more, and 60 bits or more.

    Words, counters (`12345`, `abcdef`), repeated parts and repeated characters count nothing.
    """
    return len(text) >= _SHORTEST_RANDOM and random_bits(text) >= _RANDOM_BITS


def random_bits(text: str) -> float:
    """Estimate how many random bits a text contains."""
    return sum(_token_bits(token) for token in _TOKEN.findall(text))


def unexplained_length(text: str) -> int:
    """Return the number of letters and digits outside words and short parts; counters are
    included."""
    return sum(
        len(_without_words(token)) for token in _TOKEN.findall(text) if not _SHORT.fullmatch(token)
    )


def is_counter(text: str) -> bool:
    """Return whether a text has only parts such as `12345`, `abcdef` or `xxxx`, at most three."""
    counters = 0
    at = 0
    while at < len(text):
        length = _counter_length(text, at)
        if length < min(_SHORTEST_COUNTER, len(text)) and not (
            counters and length == len(text) - at
        ):
            return False
        at += length
        counters += 1
    return 0 < counters <= 3


def is_wordlike(letters: str) -> bool:
    """Return whether letters look like one or more English words: `openai`, `Placeholder`."""
    lowered = letters.lower()
    pairs = [lowered[at : at + 2] for at in range(len(lowered) - 1)]
    return len(lowered) >= _SHORTEST_WORD and sum(p in _PAIRS for p in pairs) >= _WORD_SHARE * len(
        pairs
    )


def _token_bits(token: str) -> float:
    rest = _without_counters(_without_words(without_repeats(token)))
    if len(set(rest.lower())) < 4:
        return 0.0
    return len(rest) * math.log2(_alphabet_size(rest))


def _without_words(token: str) -> str:
    """Remove the words of a token, unless it is hexadecimal or switches between cases often."""
    if _HEX.fullmatch(token) and any(map(str.isdigit, token)):
        return token
    runs = [run[0] for run in _LETTERS.finditer(token)]
    words = [run for run in runs if len(run) >= 4 and is_wordlike(run)]
    # By chance, a random text has a few runs of letters that look like a word.
    if sum(map(len, words)) * 3 < len(token):
        return token
    return _LETTERS.sub(
        lambda run: "" if len(run[0]) >= 3 and is_wordlike(run[0]) else run[0], token
    )


def without_repeats(token: str) -> str:
    """Return the part that a token repeats: `ab12` for `ab12ab12ab`."""
    at = (token + token).find(token, 1)
    if 0 < at <= len(token) // 2:
        return token[:at]
    for length in range(1, len(token) // 2 + 1):
        if token == (token[:length] * (len(token) // length + 1))[: len(token)]:
            return token[:length]
    return token


def _without_counters(token: str) -> str:
    kept = []
    at = 0
    while at < len(token):
        length = _counter_length(token, at)
        kept.append(token[at : at + (1 if length >= _SHORTEST_COUNTER else length)])
        at += length
    return "".join(kept)


def _counter_length(token: str, start: int) -> int:
    """Return the length of the counter at `start`: `1234`, `dcba`, `9012`, `xxxx` or `qwerty`."""
    lowered = token.lower()
    best = 1
    while token[start : start + best + 1] != token[start : start + best] and (
        lowered[start : start + best + 1] in _KEYBOARD
    ):
        best += 1
    for step in (0, 1, -1):
        end = start + 1
        while end < len(token) and _follows(lowered[end - 1], lowered[end], step):
            end += 1
        best = max(best, end - start)
    return best


def _follows(first: str, second: str, step: int) -> bool:
    if first.isdigit() and second.isdigit():
        return (int(second) - int(first)) % 10 == step % 10
    return first.isdigit() == second.isdigit() and ord(second) - ord(first) == step


def _alphabet_size(text: str) -> int:
    if _HEX.fullmatch(text):
        return 10 if text.isdigit() else 16
    size = 0
    for test, characters in ((str.isdigit, 10), (str.islower, 26), (str.isupper, 26)):
        size += characters if any(map(test, text)) else 0
    return size
