"""Keys that were stored before the catalogue changed get its new data automatically."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from api.pools import PoolKey
from api.services.keys.catalogue import Catalogue
from api.storage.keys import StoredKey
from api.wiring import Storage
from tests.support.accounts import Account
from tests.support.upstream import Answer, Place


def store_old(account: Account, storage: Storage, **members: Any) -> str:
    """Store a key as an earlier version did, without data of the catalogue. Returns its id."""
    body = {"provider": "jira", "auth": {"scheme": "bearer"}, "secret": "sk-0123456789", **members}
    answer = account.call("POST", "/api/keys", body)
    assert answer.status == 201, answer.body
    key_id: str = answer.json["key_id"]
    new = storage.keys.get(account.username, key_id)
    assert new is not None
    old = msgspec.structs.replace(
        new, rate_limit_dialect="github", credential_locations=(), url_fields=(), revision=2
    )
    storage.keys.replace(account.username, new, old)
    return key_id


def copies(account: Account, storage: Storage, key_id: str) -> tuple[StoredKey, PoolKey]:
    """Return a key and its copy in the pool."""
    stored = storage.keys.get(account.username, key_id)
    assert stored is not None
    pool = storage.pools.get(account.username, stored.api_name)
    assert pool is not None
    [inline] = [key for key in pool.keys if key.key_id == key_id]
    return stored, inline


@pytest.mark.parametrize("path", ["/api/keys", "/api/keys/{}"])
def test_an_old_key_gets_the_catalogues_data_when_it_is_listed_or_read(
    account: Account, place: Place, storage: Storage, path: str
) -> None:
    key_id = store_old(account, storage, base_url=place.url)
    link = f"{place.url}/rest/api/2/issue/1"
    body = f'{{"self": "{link}"}}'.encode()
    place.answer(Answer(headers=[("Content-Type", "application/json")], body=body))
    token = account.token(["*"])
    assert link in account.proxied(token, "/proxy/jira/rest").body.decode()
    assert account.call("GET", path.format(key_id)).status == 200
    jira = Catalogue.load().get("jira")
    assert jira is not None
    for copy in copies(account, storage, key_id):
        assert copy.url_fields == jira.url_fields
        assert copy.rate_limit_dialect == jira.rate_limit_dialect
        assert copy.credential_locations == jira.credential_locations
    assert link not in account.proxied(token, "/proxy/jira/rest").body.decode()


def test_a_key_with_current_data_is_not_written_again(
    account: Account, place: Place, storage: Storage
) -> None:
    key_id = store_old(account, storage, base_url=place.url)
    for _ in range(3):
        account.call("GET", "/api/keys")
    assert copies(account, storage, key_id)[0].revision == 3


def test_a_key_of_no_provider_stays_as_it_is(
    account: Account, place: Place, storage: Storage
) -> None:
    key_id: str = account.key(place)["key_id"]
    before = copies(account, storage, key_id)
    account.call("GET", "/api/keys")
    assert copies(account, storage, key_id) == before


def test_parallel_listings_and_changes_lose_nothing(
    account: Account, place: Place, storage: Storage
) -> None:
    ids = [store_old(account, storage, base_url=place.url) for _ in range(3)]

    def change(number: int) -> int:
        if number % 2:
            return account.call("GET", "/api/keys").status
        body = {"description": f"text {number}"}
        return account.call("PATCH", f"/api/keys/{ids[number % 3]}", body).status

    with ThreadPoolExecutor(4) as executor:
        statuses = list(executor.map(change, range(12)))
    assert set(statuses) <= {200, 409}
    account.call("GET", "/api/keys")
    for key_id in ids:
        stored, inline = copies(account, storage, key_id)
        assert stored.url_fields == inline.url_fields != ()
        assert stored.description.startswith("text")
