"""Which programs used a token, and when: in the token, in itself and in the request log."""

from __future__ import annotations

import re
from typing import Any

import pytest

from api.storage.token_uses import TokenUse, use_attribute
from api.wiring import Storage
from tests.support.accounts import Account
from tests.support.products import Clock, another_app, lambda_client
from tests.support.upstream import Place


@pytest.fixture
def clock() -> Clock:
    return Clock(float(int(Clock().now) // 3600 * 3600))


@pytest.fixture
def timed(environment: dict[str, str], clock: Clock, place: Place) -> Account:
    """A user of a product whose time a test sets, at the start of an hour."""
    account = Account(lambda_client(another_app(environment, clock)))
    account.key(place)
    return account


def use(account: Account, token: str, agent: str | None, api_name: str = "test") -> None:
    headers = [] if agent is None else [("User-Agent", agent)]
    answer = account.proxied(token, f"/proxy/{api_name}/x", headers=headers)
    assert answer.status == 200, answer.body


def name(hour: int, number: int) -> str:
    """Return a name without digits."""
    return f"agent-{'abc'[hour]}-{chr(97 + number % 20)}{chr(97 + number // 20)}"


def clients(account: Account, made: dict[str, Any]) -> dict[str, int]:
    """Return the clients of a token. All calls that show them agree."""
    account.access = account.sign_in()["access_token"]
    path = f"/api/tokens/{made['token_id']}"
    shown = [
        account.call("GET", path).json["clients"],
        account.client.call("GET", "/api/token", token=made["token"]).json["clients"],
        account.call("PATCH", path, {"name": "t"}).json["clients"],
    ]
    listed = account.call("GET", "/api/tokens").json["items"]
    shown += [one["clients"] for one in listed if one["token_id"] == made["token_id"]]
    assert shown == [shown[0]] * 4
    return {one["client"]: one["last_used_at"] for one in shown[0]}


def test_each_client_has_its_last_use(account: Account, place: Place) -> None:
    account.key(place)
    made = account.token_details(["test"])
    assert clients(account, made) == {}
    for agent in ("claude-cli/2.1.2 (external, cli)", "OpenAI/Python 1.99.0", "my-job/2", None):
        use(account, made["token"], agent)
    found = clients(account, made)
    assert set(found) == {"claude-cli", "openai-python", "my-job", "none"}
    entries = account.call("GET", "/api/requests").json["items"]
    assert [entry["client"] for entry in entries] == [
        "none", "my-job", "openai-python", "claude-cli",
    ]  # fmt: skip


def test_last_uses_survive_the_hour_and_are_those_of_all_apis(
    timed: Account, clock: Clock, place: Place
) -> None:
    timed.key(place, api_name="other")
    made = timed.token_details()
    start = int(clock.now)
    use(timed, made["token"], "curl/8")
    clock.now += 10
    use(timed, made["token"], "node", "other")
    clock.now += 10
    use(timed, made["token"], "curl/8", "other")
    clock.now += 5
    use(timed, made["token"], "my-job/1")
    expected = {"my-job": start + 25, "curl": start + 20, "node": start + 10}
    assert list(clients(timed, made).items()) == list(expected.items())
    clock.now = start + 3600
    use(timed, made["token"], "wget/1", "other")
    clock.now += 3600
    use(timed, made["token"], "wget/1", "other")
    use(timed, made["token"], "curl/9", "other")
    clock.now += 3600
    use(timed, made["token"], "aiohttp", "test")  # moves the first hour of the API `test`
    expected = {"aiohttp": start + 10_800, "curl": start + 7200, "wget": start + 7200,
                "my-job": start + 25, "node": start + 10}  # fmt: skip
    assert list(clients(timed, made).items()) == list(expected.items())


def test_at_most_eight_clients_are_kept_whatever_a_caller_sends(
    timed: Account, clock: Clock, storage: Storage
) -> None:
    made = timed.token_details(["test"])
    for hour in range(3):
        for number in range(40):
            clock.now += 1
            use(
                timed,
                made["token"],
                f"<b>{number}</b>" if number % 3 else f"{name(hour, number)}/1",
            )
        clock.now = clock.now // 3600 * 3600 + 3600
    use(timed, made["token"], "curl/8")
    found = clients(timed, made)
    assert len(found) == 8 and {"curl", "other"} <= set(found)
    assert all(re.fullmatch(r"[a-z][a-z0-9.-]{1,23}", client) for client in found)
    item = storage.table.get(f"USER#{timed.username}", f"TOKEN#{made['token_id']}")
    assert item is not None
    assert sum(name.startswith("c_") for name in item) <= 8
    hours = storage.table.get(f"USER#{timed.username}", "RATELIMIT#test")
    assert hours is not None
    assert sum(name.startswith("t") and "_" in name for name in hours) == 1


def test_a_token_that_the_hours_item_does_not_list_keeps_eight_clients_too(
    timed: Account, clock: Clock, storage: Storage
) -> None:
    others = [timed.token(["test"]) for _ in range(8)]
    made = timed.token_details(["test"])
    for hour in range(3):
        for token in others:
            use(timed, token, "curl/8")
        for number in range(12):
            clock.now += 1
            use(timed, made["token"], f"{name(hour, number)}/1")
        clock.now = clock.now // 3600 * 3600 + 3600
    use(timed, others[0], "curl/8")  # removes what the last of these calls added too much
    found = clients(timed, made)
    assert len(found) == 8 and "other" in found
    item = storage.table.get(f"USER#{timed.username}", f"TOKEN#{made['token_id']}")
    assert item is not None
    assert sum(attribute.startswith("c_") for attribute in item) == 8


def test_the_uses_of_very_many_processes_do_not_block_the_next_hour(
    timed: Account, clock: Clock, storage: Storage
) -> None:
    """An expression of DynamoDB has at most 4 kB. Each process on AWS lists a few uses."""
    made = timed.token_details(["test"])
    use(timed, made["token"], "curl/8")
    key = f"USER#{timed.username}", "RATELIMIT#test"
    item = storage.table.get(*key)
    assert item is not None
    uses = {use_attribute(TokenUse(made["token_id"], f"my-job{n:04}")): 1 for n in range(1050)}
    storage.table.run(storage.table.put_op(item | uses))
    clock.now += 3600
    use(timed, made["token"], "node")
    hours = storage.table.get(*key)
    assert hours is not None
    assert sum(name.startswith("t") and "_" in name for name in hours) == 1
    found = clients(timed, made)
    assert (len(found), found["node"]) == (8, int(clock.now))


def test_stored_items_of_an_older_version_have_no_clients(
    timed: Account, clock: Clock, storage: Storage
) -> None:
    made = timed.token_details(["test"])
    use(timed, made["token"], "curl/8")
    table = storage.table
    partition, used = f"USER#{timed.username}", int(clock.now)
    key = partition, "RATELIMIT#test"
    item = table.get(*key)
    assert item is not None
    (name,) = [name for name in item if name.startswith("t") and "_" in name]
    old = {**{other: item[other] for other in item if other != name}, f"t_{made['token_id']}": 0}
    table.run(table.put_op(old))
    assert clients(timed, made) == {}
    path = f"/api/tokens/{made['token_id']}"
    assert timed.call("GET", path).json["last_used_at"] == used
    clock.now += 3600
    use(timed, made["token"], "node")
    assert clients(timed, made) == {"node": used + 3600}
    (entry,) = [
        one for one in table.query_all(partition, prefix="LOG#") if one.get("client") == "curl"
    ]
    table.run(table.put_op({name: entry[name] for name in entry if name != "client"}))
    entries = timed.call("GET", "/api/requests").json["items"]
    assert [one["client"] for one in entries] == ["node", None]


def test_a_session_has_a_client_in_the_log_only(account: Account, place: Place) -> None:
    account.key(place)
    made = account.token_details(["test"])
    headers = [("User-Agent", "curl/8")]
    assert account.proxied(account.access, headers=headers).status == 200
    (entry,) = account.call("GET", "/api/requests").json["items"]
    assert (entry["client"], entry["token_id"]) == ("curl", None)
    assert clients(account, made) == {}
