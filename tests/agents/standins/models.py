"""The stand-in models of one agent: a place of an upstream that serves all APIs."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Callable

from tests.agents.standins import anthropic, gemini, openai_chat, openai_responses
from tests.agents.standins.script import Script
from tests.sdk.standins.base import json_answer
from tests.support.upstream import Answer, Received, Upstream

SECRETS = {
    "anthropic": anthropic.SECRET,
    "openai": openai_chat.SECRET,
    "google-gemini": gemini.SECRET,
}
_APIS = (anthropic.answer, openai_chat.answer, openai_responses.answer, gemini.answer)


class Models:
    """Answers with what `script` says. `after_first` is called after the first request.

    `failures` are requests that the stand-in does not understand.
    """

    def __init__(self, upstream: Upstream, name: str, script: Script) -> None:
        self.script = script
        self.failures: list[str] = []
        self.after_first: Callable[[], None] = lambda: None
        self._place = upstream.place(name)
        self._place.behaviour = self._behave
        self.url = self._place.url

    @property
    def received(self) -> list[Received]:
        """The requests."""
        return self._place.received

    def _behave(self, received: Received, _connection: socket.socket) -> Answer:
        inner = dataclasses.replace(received, target=self._place.path(received))
        answer = self._answer(inner)
        if len(self.received) == 1:
            self.after_first()
        return answer

    def _answer(self, received: Received) -> Answer:
        for api in _APIS:
            try:
                answer = api(received, self.script)
            except (AssertionError, LookupError, TypeError, ValueError) as error:
                self.failures.append(f"{received.method} {received.target}: {error!r}")
                return json_answer({"error": {"message": "The stand-in failed."}}, 400)
            if answer is not None:
                return answer
        return json_answer({"error": {"message": f"Not found: {received.target}"}}, 404)
