"""What the record of a call stores about its token besides the last use: a network from which the
token was not used before, and the use of the text that a rotation replaced.

It is stored in the trip of the record. Most calls have nothing of both.
"""

from __future__ import annotations

import msgspec

from api.services.accounts.throttling import UNKNOWN, network
from api.storage.authorization_reads import AuthorizationRead
from api.storage.token_networks import has_network
from api.storage.token_uses import text_mark
from api.storage.tokens import Token, with_networks


class TokenNote(msgspec.Struct, frozen=True):
    """A token with its networks as they were read, the `network` if it is new, and the mark of the
    old text if that was used.
    """

    token: Token
    network: str | None
    old_text: str


def token_note(records: AuthorizationRead, text_hash: str, source: str) -> TokenNote | None:
    """Return what to store about a call from the address `source` with a token's text, None if it
    is nothing. `records` have the token.
    """
    token, item = records.token, records.token_item
    if token is None:
        return None
    used_from = network(source)
    is_new = used_from != UNKNOWN and not has_network(item, used_from)
    old_text = "" if text_hash == token.token_hash else text_mark(text_hash)
    if not is_new and not old_text:
        return None
    return TokenNote(with_networks(token, item), used_from if is_new else None, old_text)
