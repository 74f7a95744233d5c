"""The networks that a token was used from."""

from __future__ import annotations

from typing import Any

from api.storage.token_networks import new_networks
from api.wiring import Storage
from tests.product.tokens.sources import HOME, Sources
from tests.support.accounts import Account, problem
from tests.support.upstream import Place


def networks(sources: Sources, token_id: str) -> dict[str, int]:
    """Return the networks as the owner sees them."""
    shown = sources.seen(token_id)["networks"]
    return {one["network"]: one["first_used_at"] for one in shown}


def new(sources: Sources, storage: Storage, token_id: str) -> list[str]:
    """Return the new networks of a token, the latest first."""
    token = storage.tokens.get(sources.account.username, token_id)
    assert token is not None
    return list(new_networks(token.networks))


def test_each_network_has_its_first_use(sources: Sources) -> None:
    made = sources.account.token_details()
    token_id, start = made["token_id"], int(sources.clock.now)
    assert networks(sources, token_id) == {}
    for source in (HOME, "2001:db8:1:2:3::9", HOME, "2001:db8:1:2:4::9", f"::ffff:{HOME}"):
        assert sources.call(made["token"], source).status == 200
        sources.clock.now += 10
    assert list(networks(sources, token_id).items()) == [
        ("2001:db8:1:2::", start + 10), (HOME, start),
    ]  # fmt: skip


def test_a_rejected_call_records_its_network_unless_its_address_is_refused(
    sources: Sources,
) -> None:
    allowed = ["198.51.100.0/24"]
    made = sources.account.token_details(["test"], methods=["GET"], allowed_ips=allowed)
    problem(sources.call(made["token"]), 403, "address_not_allowed")
    problem(sources.call(made["token"], "198.51.100.1", method="POST"), 403, "token_scope")
    problem(sources.call(made["token"], "198.51.100.2", "/proxy/other/x"), 403, "token_scope")
    answer = sources.client("198.51.100.3").call("GET", "/api/token", token=made["token"])
    assert answer.status == 200
    found = networks(sources, made["token_id"])
    assert set(found) == {"198.51.100.1", "198.51.100.2"}


def test_a_source_that_is_no_address_is_not_recorded(sources: Sources) -> None:
    made = sources.account.token_details()
    assert sources.call(made["token"], "").status == 200
    assert networks(sources, made["token_id"]) == {}


def test_the_latest_twenty_networks_are_kept(sources: Sources, storage: Storage) -> None:
    made = sources.account.token_details()
    for number in range(25):
        sources.clock.now += 1
        assert sources.call(made["token"], f"198.51.100.{number}").status == 200
    found = networks(sources, made["token_id"])
    assert list(found) == [f"198.51.100.{number}" for number in range(24, 4, -1)]
    item = storage.table.get(f"USER#{sources.account.username}", f"TOKEN#{made['token_id']}")
    assert item is not None and sum(name.startswith("n_") for name in item) == 20


def test_every_network_but_the_first_is_new(sources: Sources, storage: Storage) -> None:
    made = sources.account.token_details()
    for source in (HOME, "198.51.100.1", HOME, "198.51.100.2"):
        assert sources.call(made["token"], source).status == 200
        sources.clock.now += 1
    assert new(sources, storage, made["token_id"]) == ["198.51.100.2", "198.51.100.1"]


def test_a_token_of_an_older_version_has_no_new_network_at_its_next_use(
    sources: Sources, storage: Storage
) -> None:
    made = sources.account.token_details()
    key = f"USER#{sources.account.username}", f"TOKEN#{made['token_id']}"
    old = storage.table.get(*key)
    assert old is not None
    names = ("allowed_ips", "limit_since", "previous_hash", "previous_until")
    assert not [name for name in old if name in names or name.startswith("n_")]
    storage.table.run(storage.table.put_op(old | {"last_used_at": 1}))
    assert sources.call(made["token"], "198.51.100.1").status == 200
    assert new(sources, storage, made["token_id"]) == []
    assert set(networks(sources, made["token_id"])) == {"198.51.100.1"}


def test_a_deleted_token_does_not_come_back(server: Any, place: Place, storage: Storage) -> None:
    account = Account(server)
    account.key(place)
    made = account.token_details()
    token = storage.tokens.get(account.username, made["token_id"])
    assert token is not None
    assert account.call("DELETE", f"/api/tokens/{made['token_id']}").status == 204
    operation = storage.tokens.network_op(account.username, token, "198.51.100.1", 1)
    storage.table.batch([operation])
    assert storage.tokens.get(account.username, made["token_id"]) is None


def test_the_network_of_a_call_on_one_machine_is_recorded(server: Any, place: Place) -> None:
    account = Account(server)
    account.key(place)
    made = account.token_details()
    assert account.proxied(made["token"]).status == 200
    seen = account.call("GET", f"/api/tokens/{made['token_id']}").json
    assert [one["network"] for one in seen["networks"]] == ["127.0.0.1"]
