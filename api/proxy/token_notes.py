"""What the record of a call stores about its token besides the last use: a network from which the
token was not used before, and the use of the text that a rotation replaced.

It is stored in the trip of the record. Most calls have nothing of both.
"""

from __future__ import annotations

import msgspec

from api.services.accounts.throttling import UNKNOWN, network
from api.storage.token_uses import text_mark
from api.storage.tokens import Token


class TokenNote(msgspec.Struct, frozen=True):
    """A token as it was read, the `network` if it is new, and the mark of the old text if that was
    used.
    """

    token: Token
    network: str | None
    old_text: str


def token_note(token: Token | None, text_hash: str, source: str) -> TokenNote | None:
    """Return what to store about a call from the address `source` with a token's text, None if it
    is nothing.
    """
    if token is None:
        return None
    new: str | None = network(source)
    if new in token.networks or new == UNKNOWN:
        new = None
    old_text = "" if text_hash == token.token_hash else text_mark(text_hash)
    return TokenNote(token, new, old_text) if new is not None or old_text else None
