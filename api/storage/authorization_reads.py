"""The one read of a proxied request: the API's pool, and the token, or the session and its user.

The same is read again for calls that stay open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from api.pools import Pool
from api.storage.keys import key_sort_key
from api.storage.pool_item import POOL_PREFIX, as_pool, pool_sort_key
from api.storage.sessions import SESSION_PREFIX, Session, as_session, session_sort_key
from api.storage.table import Table
from api.storage.tokens import TOKEN_PREFIX, Token, as_token, token_sort_key
from api.storage.users import PROFILE, User, as_user, user_partition

ItemKey = tuple[str, str]
"""The partition key and the sort key of an item."""

# Characters of a called name that are looked up: more than an API's name has, so that a longer one
# is not found. DynamoDB refuses a whole read for a sort key of more than 1,024 bytes.
_LOOKED_UP = 64


class AuthorizationRead(msgspec.Struct, frozen=True):
    """The records that were read. A record is None if it does not exist or was not requested.

    `token_item` is the token's item, for what only few calls need of it.
    """

    pool: Pool | None = None
    token: Token | None = None
    user: User | None = None
    session: Session | None = None
    token_item: Mapping[str, Any] = {}


class AuthorizedCall(msgspec.Struct, frozen=True):
    """A call that stays open: whose it is, and with what it was authorized."""

    username: str
    api_name: str
    key_id: str
    token_id: str | None = None
    session_id: str | None = None


def authorization_keys(
    username: str,
    api_name: str,
    *,
    token_id: str | None = None,
    session_id: str | None = None,
) -> list[ItemKey]:
    """Return the keys of an API's pool and of the given token, or of the session and its user."""
    sort_keys = [pool_sort_key(api_name[:_LOOKED_UP])]
    if token_id is not None:
        sort_keys.append(token_sort_key(token_id))
    if session_id is not None:
        sort_keys += [PROFILE, session_sort_key(session_id)]
    pk = user_partition(username)
    return [(pk, sort_key) for sort_key in sort_keys]


def authorization_reads(
    wanted: Iterable[tuple[ItemKey, ...]], items: Sequence[dict[str, Any]]
) -> dict[tuple[ItemKey, ...], AuthorizationRead | Exception]:
    """Return the records with each combination of keys, or why one of them cannot be decoded."""
    by_key = {(item["PK"], item["SK"]): item for item in items}
    records: dict[tuple[ItemKey, ...], AuthorizationRead | Exception] = {}
    for keys in dict.fromkeys(wanted):
        try:
            records[keys] = authorization_read([by_key[key] for key in keys if key in by_key])
        except Exception as error:
            records[keys] = error
    return records


def read_again(
    table: Table, calls: Sequence[AuthorizedCall]
) -> dict[AuthorizedCall, tuple[AuthorizationRead, bool]]:
    """Return the present records of each call, and whether its key still exists.

    Reads each item once, 100 in a trip: for each token, API and key one item, for each session two.
    """
    wanted = {
        call: authorization_keys(
            call.username, call.api_name, token_id=call.token_id, session_id=call.session_id
        )
        for call in calls
    }
    of_keys = {call: (user_partition(call.username), key_sort_key(call.key_id)) for call in wanted}
    items = table.get_many(
        list({*of_keys.values(), *(key for keys in wanted.values() for key in keys)})
    )
    return {
        call: (
            authorization_read([items[key] for key in keys if key in items]),
            of_keys[call] in items,
        )
        for call, keys in wanted.items()
    }


def authorization_read(items: Sequence[dict[str, Any]]) -> AuthorizationRead:
    """Return the records in these items."""
    pool = token = user = session = None
    token_item: Mapping[str, Any] = {}
    for item in items:
        sort_key = item["SK"]
        if sort_key.startswith(POOL_PREFIX):
            pool = as_pool(item)
        elif sort_key.startswith(TOKEN_PREFIX):
            token, token_item = as_token(item), item
        elif sort_key.startswith(SESSION_PREFIX):
            session = as_session(item)
        else:
            user = as_user(item)
    return AuthorizationRead(pool, token, user, session, token_item)
