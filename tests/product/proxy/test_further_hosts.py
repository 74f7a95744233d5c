"""Calls to a further host of an API, and responses that lead there."""

from __future__ import annotations

import json

import msgspec
import pytest

from api.upstream.further_hosts import FurtherHosts
from tests.support.accounts import Account
from tests.support.products import storage_of
from tests.support.upstream import Answer, Place, Upstream

JSON = ("Content-Type", "application/json")


@pytest.fixture
def further(
    account: Account, place: Place, environment: dict[str, str], upstream_server: Upstream
) -> tuple[Place, str]:
    """A place of a further host that needs no credential, and its path below the proxy.

    The API `test` has two keys.
    """
    storage = storage_of(environment)
    host = f"127.0.0.1:{upstream_server.port}"
    hosts = FurtherHosts((".urls.stream",), (f"http://{host}",))
    for secret in ("first-secret-0123456789", "second-secret-0123456789"):
        old = storage.keys.get(account.username, account.key(place, secret)["key_id"])
        assert old is not None
        new = msgspec.structs.replace(old, further_hosts=(hosts,), revision=2)
        storage.keys.replace(account.username, old, new)
    elsewhere = upstream_server.place(f"{place.name}-further")
    return elsewhere, f"/proxy/test/~{host}/{elsewhere.name}"


def test_a_url_that_leads_to_a_further_host_is_called_through_the_proxy_without_the_key(
    account: Account, place: Place, further: tuple[Place, str]
) -> None:
    elsewhere, path = further
    stream = f"{elsewhere.url}/s?a=1"
    place.answer(Answer(201, [JSON], json.dumps({"urls": {"stream": stream}}).encode()))
    token = account.token(["test"])
    followed = account.proxied(token).json["urls"]["stream"]
    assert followed.endswith(f"{path}/s?a=1")
    elsewhere.answer(Answer(headers=[("Location", f"{elsewhere.url}/next")]))
    answer = account.proxied(token, followed[followed.index("/proxy/") :])
    assert answer.status == 200
    assert (answer.get("Location") or "").endswith(f"{path}/next")
    [received] = elsewhere.received
    assert elsewhere.path() == "/s?a=1"
    assert received.all("Authorization") == []
    assert token not in str(received)


@pytest.mark.parametrize("status", [401, 403, 429])
def test_the_response_of_a_host_that_got_no_key_says_nothing_about_the_key(
    account: Account, further: tuple[Place, str], status: int
) -> None:
    elsewhere, path = further
    elsewhere.answer(Answer(status, [("Retry-After", "600"), ("X-RateLimit-Remaining", "0")]))
    token = account.token(["test"])
    assert account.proxied(token, f"{path}/s").status == status
    assert len(elsewhere.received) == 1
    keys = account.call("GET", "/api/keys").json["items"]
    assert {key["state"] for key in keys} == {"ready"}


def test_a_token_that_is_limited_to_paths_needs_the_further_hosts_path(
    account: Account, further: tuple[Place, str]
) -> None:
    elsewhere, path = further
    limited = account.token(["test"], path_prefixes=["/v1"])
    assert account.proxied(limited, f"{path}/s").status == 403
    prefix = path.removeprefix("/proxy/test").rpartition("/")[0]
    allowed = account.token(["test"], path_prefixes=["/v1", prefix])
    assert account.proxied(allowed, f"{path}/s").status == 200
    assert len(elsewhere.received) == 1
