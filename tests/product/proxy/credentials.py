"""Keys of every scheme for the tests of the proxy."""

from __future__ import annotations

import base64
from typing import Any

from tests.support.accounts import Account
from tests.support.upstream import Place

SECRET = "sk-real-0123456789abcdef"


SCHEMES: dict[str, dict[str, Any]] = {
    "bearer": {"scheme": "bearer"},
    "header": {"scheme": "header", "name": "X-Own-Key"},
    "prefixed": {"scheme": "header", "name": "Authorization", "prefix": "Token token="},
    "query": {"scheme": "query", "name": "api_key"},
    "basic": {"scheme": "basic", "username": "me"},
    "user": {"scheme": "basic", "password": "X"},
    "path": {"scheme": "path", "name": "token"},
}


def basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def store(account: Account, place: Place, scheme: str, secret: str = SECRET) -> str:
    """Store a key with a scheme and return a token for it."""
    url = place.url + "/bot{token}" if scheme == "path" else place.url
    account.key(place, secret, base_url=url, auth=SCHEMES[scheme])
    return account.token(["test"])


def appearances(place: Place, text: str) -> int:
    """Count a text in the upstream request: target, field names, field values and body."""
    received = place.last
    everything = [received.target, received.body.decode("latin-1")]
    for name, value in received.headers:
        everything += [name, value]
        if value.startswith("Basic "):
            everything.append(base64.b64decode(value[6:]).decode())
    return sum(part.count(text) for part in everything)
