"""The one read of a proxied request: the API's pool, and the token, or the session and its user."""

from __future__ import annotations

import msgspec

from api.aws.json_client import Operation
from api.pools import Pool
from api.storage.pool_item import POOL_PREFIX, as_pool, pool_sort_key
from api.storage.sessions import SESSION_PREFIX, Session, as_session, session_sort_key
from api.storage.table import ConditionFailed, Outcome, Table
from api.storage.tokens import TOKEN_PREFIX, Token, as_token, token_sort_key
from api.storage.users import PROFILE, User, as_user, user_partition


class AuthorizationRead(msgspec.Struct, frozen=True):
    """The records that were read. A record is None if it does not exist or was not requested."""

    pool: Pool | None = None
    token: Token | None = None
    user: User | None = None
    session: Session | None = None


def authorization_op(
    table: Table,
    username: str,
    api_name: str,
    *,
    token_id: str | None = None,
    session_id: str | None = None,
) -> Operation:
    """Read an API's pool, and the given token or session, in one BatchGetItem."""
    sort_keys = [pool_sort_key(api_name)]
    if token_id is not None:
        sort_keys.append(token_sort_key(token_id))
    if session_id is not None:
        sort_keys += [PROFILE, session_sort_key(session_id)]
    pk = user_partition(username)
    return table.batch_get_op([(pk, sort_key) for sort_key in sort_keys])


def authorization_read(outcome: Outcome) -> AuthorizationRead:
    """Return the records in the outcome of an `authorization_op`."""
    assert not isinstance(outcome, ConditionFailed)
    pool = token = user = session = None
    for item in outcome["items"]:
        sort_key = item["SK"]
        if sort_key.startswith(POOL_PREFIX):
            pool = as_pool(item)
        elif sort_key.startswith(TOKEN_PREFIX):
            token = as_token(item)
        elif sort_key.startswith(SESSION_PREFIX):
            session = as_session(item)
        else:
            user = as_user(item)
    return AuthorizationRead(pool, token, user, session)
