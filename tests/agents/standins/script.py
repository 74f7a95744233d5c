"""What the stand-in models say: an answer, or a call of a tool and then an answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

WORDS = ("Ready", " and", " waiting", " for", " wörk", " — 你好", ".")
ANSWER = "".join(WORDS)
# The model's answer after a tool call begins with this text, then comes the tool's result.
RESULT = "The tool returned: "


@dataclass(frozen=True)
class ToolCall:
    """A call of a tool that an agent offers, with its arguments."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What a request asks: the tools that it offers, the result of the last tool call if the
    conversation ends with it, and whether the response is a stream.
    """

    tools: tuple[str, ...]
    result: str | None
    is_stream: bool
    path: str


@dataclass
class Script:
    """The model's behaviour in one conversation.

    If `call` is set, the model calls that tool as soon as a request offers it. If `text` is set,
    the model says it first instead of the usual words. If `pause` is set, a stream waits after its
    first word until the event is set.
    """

    call: ToolCall | None = None
    text: str | None = None
    pause: threading.Event | None = None
    asked: list[Asked] = field(default_factory=list)

    def reply(self, asked: Asked) -> ToolCall | tuple[str, ...]:
        """Return the tool call or the pieces of the text with which the model responds."""
        self.asked.append(asked)
        if asked.result is not None:
            return (RESULT, asked.result)
        if self.call is not None and self.call.name in asked.tools:
            return self.call
        return WORDS if self.text is None or len(self.asked) > 1 else (self.text,)

    def paced(self, words: tuple[str, ...]) -> Iterator[str]:
        """Yield the words, with the pause after the first."""
        for number, word in enumerate(words):
            if number == 1 and self.pause is not None:
                # A client that prints nothing before the end would wait for ever.
                self.pause.wait(10)
            yield word
