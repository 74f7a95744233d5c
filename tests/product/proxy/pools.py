"""Pools of keys for the tests of the proxy."""

from __future__ import annotations

import socket
from collections import Counter

from tests.support.accounts import Account
from tests.support.upstream import Answer, Place, Received

FIRST, SECOND = "sk-first-0123456789", "sk-second-0123456789"


class Keys:
    """An upstream with a response for each key, which records the keys that were used."""

    def __init__(self, place: Place, **answers: Answer) -> None:
        self.place = place
        self.answers = {f"Bearer sk-{name}-0123456789": answer for name, answer in answers.items()}
        place.behaviour = self._answer

    def _answer(self, received: Received, _connection: socket.socket) -> Answer:
        return self.answers[received.get("Authorization") or ""]

    @property
    def used(self) -> list[str]:
        """The names of the keys that were used, in order."""
        return [
            (received.get("Authorization") or "").split("-")[1] for received in self.place.received
        ]


def limited(seconds: int = 60) -> Answer:
    """Return a 429 with a `Retry-After`."""
    return Answer(429, [("Retry-After", str(seconds))], b"slow down")


def good(**fields: str) -> Answer:
    """Return a 200 with header fields. `_` stands for `-` in their names."""
    return Answer(200, [(name.replace("_", "-"), value) for name, value in fields.items()], b"good")


def states(account: Account) -> Counter[str]:
    """Return the number of keys in each state."""
    listed = account.call("GET", "/api/keys?limit=100").json["items"]
    return Counter(key["state"] for key in listed)
