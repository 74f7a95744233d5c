"""Estimates what was used where no usage is reported: tokens from the bytes of the text.

A token is taken as four bytes of UTF-8. English has about four characters in a token; other
alphabets have two bytes for each character and about two characters in a token, Chinese and
Japanese three bytes and somewhat less than one token.
"""

from __future__ import annotations

import re

from api.lazy_pattern import lazy_pattern
from api.spend.usage import RequestFacts

_BYTES_OF_TOKEN = 4
# What an image or a second of audio costs in most models is in this order.
_BYTES_OF_MEDIA_TOKEN = 500

# The members with text that a model wrote, in all dialects.
_TEXT = lazy_pattern(
    rb'"(?:content|text|delta|reasoning|reasoning_content|thinking|partial_json|arguments'
    rb'|refusal|response|tool_plan)"\s*+:\s*+"([^"\\]*+(?:\\.[^"\\]*+)*)(\\?\Z)?',
    re.DOTALL,
)
_IN_STRING = lazy_pattern(rb'[^"\\]*+(?:\\.[^"\\]*+)*', re.DOTALL)


class TextCounter:
    """Counts the bytes of the text in JSON documents, as far as they have arrived."""

    __slots__ = ("_is_open", "size")

    def __init__(self) -> None:
        self.size = 0
        """The bytes of the text in UTF-8, nearly."""
        self._is_open = False

    def feed(self, data: bytes) -> None:
        """Count in the next piece of a document."""
        at = 0
        if self._is_open:
            found = _IN_STRING.match(data)
            assert found is not None
            at = found.end()
            self.size += _unescaped_size(found[0])
            self._is_open = at >= len(data) - 1 and data[at : at + 1] in (b"", b"\\")
        for found in _TEXT.finditer(data, at):
            self.size += _unescaped_size(found[1])
            self._is_open = found[2] is not None

    def end_document(self) -> None:
        """Forget a text whose end is missing."""
        self._is_open = False


def _unescaped_size(text: bytes) -> int:
    size = len(text)
    if b"\\" in text:
        # An escaped character such as \n is one byte; one such as \u4e2d is two or three.
        escaped = text.count(b"\\u")
        size -= text.count(b"\\") + 2 * escaped
    return max(size, 0)


def estimated_tokens(size: int) -> int:
    """Return about how many tokens a text of `size` bytes has."""
    return -(-size // _BYTES_OF_TOKEN)


def estimated_input(facts: RequestFacts) -> int:
    """Return about how many input tokens a request has."""
    text = max(facts.body_bytes - facts.media_bytes, 0)
    return estimated_tokens(text) + -(-facts.media_bytes // _BYTES_OF_MEDIA_TOKEN)


def estimated_speech(facts: RequestFacts) -> dict[str, int]:
    """Return about what the speech for a request's text is: characters, or tokens of gpt models.

    gpt-4o-mini-tts puts out about 1,250 tokens for a minute, in which 900 characters are spoken.
    """
    characters = facts.body_bytes
    if "gpt" not in (facts.model or ""):
        return {"input_characters": characters}
    return {
        "input_tokens": estimated_tokens(characters),
        "output_tokens": -(-characters * 1250 // 900),
    }
