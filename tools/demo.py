"""Create a demo account: six APIs with a day of requests, quotas, spend, tokens, sessions, audit
entries and notifications.

The quotas come from proxied calls to a local upstream. Data that the API cannot backdate is written
to the table. At the end, the keys get the providers' real base URLs.
"""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass
from typing import Any

import msgspec

from api.storage.requests import LogEntry, as_log_entry
from api.storage.tokens import token_sort_key
from api.storage.users import PROFILE, user_partition
from api.wiring import Storage
from tests.browser.product import Product
from tests.browser.seeding import hours_of_traffic, seed_past
from tests.support.accounts import PASSWORD, Account
from tests.support.upstream import Answer, Place, Received, Upstream
from tools.demo_apis import (
    APIS,
    CLIENTS,
    DAY,
    DEVICES,
    HOUR,
    POLICIES,
    POOL,
    RESERVED,
    TOKENS,
    DemoApi,
)
from tools.demo_quotas import reserve, set_consumption_rates, set_key_state
from tools.demo_security import add_audit_entries, add_notifications
from tools.demo_spend import seed_past_spend, set_prices_and_budgets, usage_body, with_cost


@dataclass(frozen=True)
class Demo:
    """The demo account and its tokens by name."""

    account: Account
    tokens: dict[str, str]


def demo(product: Product, upstream: Upstream, username: str | None = None) -> Demo:
    """Create a demo account on a running product that may call `upstream`."""
    account = Account(product.client, username)
    storage = product.storage()
    now = time.time()
    places = {api.api_name: _place(upstream, account, api) for api in APIS}
    keys = {api.api_name: account.key(places[api.api_name], **_members(api)) for api in APIS}
    pool = [
        account.key(
            places[pool_key.api_name],
            **(
                _members(APIS[0]) | {"secret": pool_key.secret, "description": pool_key.description}
            ),
        )
        for pool_key in POOL
    ]
    new_tokens = [account.token_details(**members) for members in TOKENS]
    tokens = {token["name"]: token["token_id"] for token in new_tokens}
    users = _users(tokens)
    seed_past_spend(storage, account, users, now)
    seed_past(storage, account, _past(now, keys, tokens, users))
    for api_name, (limit, window) in POLICIES.items():
        policy = {"limit": limit, "window": window}
        assert account.call("PUT", f"/api/rate-limits/{api_name}", policy).status == 200
    reserve(storage, account, {token["name"]: token for token in new_tokens}, now)
    for api in APIS:
        method, path, _ = api.calls[0]
        answer = account.client.request(
            method,
            f"/proxy/{api.api_name}{path}",
            [("Authorization", f"Bearer {account.access}"), ("Content-Type", "application/json")],
            b"{}" if method == "POST" else None,
        )
        assert answer.status == 200, answer.body
    _with_real_hosts(storage, account)
    for api in APIS:
        _finish_key(storage, account, keys[api.api_name]["key_id"], api, now, refused=False)
    for key, pool_key in zip(pool, POOL, strict=True):
        refused = pool_key.status == 401
        _finish_key(storage, account, key["key_id"], APIS[0], now, refused=refused)
        set_key_state(storage, account, key["key_id"], pool_key, now)
    for api in APIS:
        set_consumption_rates(storage, account, api, keys[api.api_name]["key_id"])
    for age, token in zip((41, 12, 70, 3, 5), new_tokens, strict=True):
        _backdate(storage, account, token_sort_key(token["token_id"]), now - age * DAY)
    set_prices_and_budgets(storage, account, tokens, now)
    _backdate(storage, account, PROFILE, now - 84 * DAY)
    for device in DEVICES:
        body = {"username": account.username, "password": PASSWORD, "session": "cookie"}
        fields = [("Content-Type", "application/json"), ("User-Agent", device)]
        answer = account.client.request(
            "POST", "/api/auth/login", fields, json.dumps(body).encode()
        )
        assert answer.status == 200, answer.body
    rotated = account.call("POST", f"/api/tokens/{tokens['night report']}/rotate", {"overlap": DAY})
    assert rotated.status == 200, rotated.body
    add_audit_entries(storage, account, now)
    add_notifications(storage, account, upstream, now)
    return Demo(account, {token["name"]: token["token"] for token in new_tokens})


def _place(upstream: Upstream, account: Account, api: DemoApi) -> Place:
    place = upstream.place(f"{account.username}-{api.api_name}")

    def behaviour(received: Received, _socket: object) -> Answer:
        path = place.path(received).partition("?")[0]
        for pool_key in POOL:
            if received.get("Authorization") == f"Bearer {pool_key.secret}":
                return Answer(pool_key.status, list(pool_key.fields.items()), b"{}")
        quota = api.quota(time.time())
        return Answer(
            headers=[("Content-Type", "application/json"), *quota.items()],
            body=json.dumps(_body(api, path), indent=2).encode(),
        )

    place.behaviour = behaviour
    return place


def _body(api: DemoApi, path: str) -> object:
    if path == "/v1/models":
        names = ("gpt-5", "gpt-5-mini", "text-embedding-3-large")
        return {
            "object": "list",
            "data": [{"id": name, "object": "model", "owned_by": "openai"} for name in names],
        }
    if path.endswith("/pulls"):
        titles = ("Retry failed webhooks", "Show prices with tax", "Drop Node 18")
        return [
            {"number": 412 - place, "title": title, "state": "open", "user": {"login": "ada"}}
            for place, title in enumerate(titles)
        ]
    if path.endswith("/balance"):
        return {"customer": 4711, "balance": "182.40", "currency": "EUR"}
    if api.api_name in ("openai", "anthropic"):
        return usage_body(api.api_name)
    return {"object": path.rpartition("/")[2], "api": api.api_name}


def _members(api: DemoApi) -> dict[str, Any]:
    provider = {"provider": api.provider, "auth": None} if api.provider else {}
    return {
        "api_name": api.api_name,
        "secret": api.secret,
        "description": api.description,
        **provider,
        **api.extra,
    }


def _users(tokens: dict[str, str]) -> dict[str, list[str]]:
    """Return the tokens that call each API."""
    users: dict[str, list[str]] = {}
    for members in TOKENS:
        for api_name in members["apis"]:  # type: ignore[attr-defined]
            users.setdefault(api_name, []).append(tokens[str(members["name"])])
    return users


def _past(
    now: float,
    keys: dict[str, dict[str, Any]],
    tokens: dict[str, str],
    users: dict[str, list[str]],
) -> list[LogEntry]:
    chance, costs = random.Random(7), random.Random(5)
    names = {token_id: name for name, token_id in tokens.items()}
    return [
        with_cost(
            costs,
            _entry(
                chance,
                api,
                at,
                keys[api.api_name]["key_id"],
                token_id := chance.choice(users[api.api_name]),
                chance.choice(CLIENTS[names[token_id]]),
            ),
        )
        for api in APIS
        for at in hours_of_traffic(chance, now, 24, api.calls_per_hour)
    ]


def _entry(
    chance: random.Random, api: DemoApi, at: float, key_id: str, token_id: str, client: str
) -> LogEntry:
    method, path, status = chance.choice(api.calls)
    upstream: int | None = max(8, round(chance.lognormvariate(0, 0.45) * api.latency))
    problem = None
    trouble = chance.random()
    if trouble < 0.006:
        status, problem, upstream = 504, "upstream_timeout", None
    elif trouble < 0.01:
        status, problem, upstream = 502, "connect_failed", None
    elif trouble < 0.02:
        status = 500
    elif trouble < 0.04 and api.quota(0):
        status = 429
    elif trouble < 0.05 and api.api_name in POLICIES:
        status, problem, upstream = 429, "rate_limited", None
    duration = 60_000 if status == 504 else (upstream or 0) + chance.randint(1, 4)
    return LogEntry(
        request_id=f"{chance.getrandbits(64):016x}",
        at=at,
        api_name=api.api_name,
        method=method,
        host=api.base_url.split("/")[2],
        path=path,
        status=status,
        duration_ms=duration,
        upstream_ms=upstream,
        bytes_in=chance.randint(180, 4_200) if method == "POST" else 0,
        bytes_out=chance.randint(300, 18_000) if status < 300 else chance.randint(90, 400),
        token_id=token_id,
        key_id=None if problem == "rate_limited" else key_id,
        problem=problem,
        client=client,
    )


def _with_real_hosts(storage: Storage, account: Account) -> None:
    """Change the log entries of the local calls to the hosts and durations of the providers."""
    apis = {api.api_name: api for api in APIS}
    calls = len(APIS) + sum(calls for _, _, calls in RESERVED)
    pk = user_partition(account.username)
    page = storage.table.query(pk, prefix="LOG#", newest_first=True, limit=calls)
    for item in page.items:
        entry = as_log_entry(item)
        api = apis[entry.api_name]
        real = msgspec.structs.replace(
            entry,
            host=api.base_url.split("/")[2],
            duration_ms=api.latency + 2,
            upstream_ms=api.latency,
            bytes_out=entry.bytes_out + 2_400,
        )
        storage.table.run(storage.log.put_op(account.username, real))
    storage.table.delete_keys([(pk, item["SK"]) for item in page.items])


def _finish_key(
    storage: Storage, account: Account, key_id: str, api: DemoApi, now: float, *, refused: bool
) -> None:
    """Give a key its provider's real base URL, an age and the result of its last check."""
    key = storage.keys.get(account.username, key_id)
    assert key is not None
    host = api.base_url.split("/")[2]
    check: dict[str, Any] | None = {
        "outcome": "revoked" if refused else "valid",
        "detail": f"{host} refused the key with 401: it is wrong, revoked or expired."
        if refused
        else f"{host} accepted the key.",
        "status": 401 if refused else 200,
        "checked_at": int(now) - 2 * HOUR,
    }
    age = (len(api.description) * 5 + 20) * DAY
    storage.keys.replace(
        account.username,
        key,
        msgspec.structs.replace(
            key,
            base_url=api.base_url,
            created_at=int(now) - age,
            updated_at=int(now) - age // 3,
            check=check if api.provider else None,
            revision=key.revision + 1,
        ),
    )


def _backdate(storage: Storage, account: Account, sort_key: str, created_at: float) -> None:
    storage.table.run(
        storage.table.update_op(
            user_partition(account.username),
            sort_key,
            "SET created_at = :at",
            {":at": int(created_at)},
        )
    )
