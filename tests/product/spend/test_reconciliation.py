"""An API's spend beside the provider's own figures, read with an admin key."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from api.settings import read_settings
from api.storage.reconciliations import Reconciliations
from api.wiring import build_shared
from api.wiring.api import build_scheduled_checks
from tests.support.accounts import Account, problem
from tests.support.products import Clock, another_app, keep, lambda_client, storage_of
from tests.support.upstream import Answer, Place, Received

DAY = 86_400
ADMIN = "sk-admin-0123456789abcdefghij"
Respond = Callable[[Received], Answer]


class Product:
    """The product at noon of a day, a user with a key and an admin key, and their provider."""

    def __init__(self, environment: dict[str, str], place: Place) -> None:
        now = int(time.time())
        self.today = now - now % DAY
        self.clock = Clock(float(self.today + DAY // 2))
        self.account = Account(lambda_client(another_app(environment, self.clock)))
        self.place = place
        self.storage = storage_of(environment)
        self.reconciliations = Reconciliations(self.storage.table, self.storage.users)
        shared = build_shared(read_settings(environment), clock=self.clock)
        keep(shared)
        self.checks = build_scheduled_checks(shared)

    def store_keys(self, provider: str, base_url: str = "") -> None:
        """Store a key of the provider, and an admin key under another name."""
        for name, secret in (
            (provider, "sk-key-0123456789abcdefghij"),
            (f"{provider}-admin", ADMIN),
        ):
            body = {"provider": provider, "api_name": name, "secret": secret,
                    "base_url": base_url or self.place.url}  # fmt: skip
            assert self.account.call("POST", "/api/keys", body).status == 201

    def spend(self, api_name: str, day: int, **counters: int) -> None:
        """Record what calls cost in the first hour of a day, as many days ago."""
        table = self.storage.table
        start = self.today - day * DAY
        records = self.storage.usage.records
        table.transact(records.add_ops(self.account.username, api_name, counters, start))

    def answer(self, respond: Respond) -> None:
        """Let the provider respond."""

        def behave(received: Received, _: socket.socket) -> Answer:
            return respond(received)

        self.place.behaviour = behave

    def set(self, api_name: str, admin: str = "") -> Any:
        """Set the API's admin key."""
        self.account.sign_in()
        body = {"admin_api_name": admin or f"{api_name}-admin"}
        return self.account.call("PUT", f"/api/spend/reconciliations/{api_name}", body)

    def run(self, api_name: str) -> dict[str, Any]:
        """Run the comparison at once."""
        answer = self.account.call("POST", f"/api/spend/reconciliations/{api_name}/run")
        assert answer.status == 200, answer.body
        result: dict[str, Any] = answer.json
        return result

    def date(self, day: int) -> str:
        """The name of a day, as many days ago."""
        return time.strftime("%Y-%m-%d", time.gmtime(self.today - day * DAY))


@pytest.fixture
def product(environment: dict[str, str], place: Place) -> Iterator[Product]:
    made = Product(environment, place)
    yield made
    # Other tests run what is due in the same table.
    for one in made.reconciliations.all(made.account.username):
        made.reconciliations.delete(made.account.username, one.api_name)


def costs(buckets: list[tuple[int, str]], next_page: str | None = None) -> Answer:
    """A page of OpenAI's costs."""
    data = [
        {"object": "bucket", "start_time": start, "end_time": start + DAY, "results": [
            {"object": "organization.costs.result", "line_item": None, "project_id": None,
             "amount": {"value": float(amount), "currency": "usd"}}
        ]}
        for start, amount in buckets
    ]  # fmt: skip
    document = {
        "object": "page", "data": data, "has_more": next_page is not None, "next_page": next_page
    }  # fmt: skip
    return Answer(200, [("Content-Type", "application/json")], json.dumps(document).encode())


def test_openais_costs_are_read_page_by_page(product: Product) -> None:
    product.store_keys("openai")
    product.spend("openai", 2, c=2_000_000_000, k=3)
    product.spend("openai", 1, c=750_000_000, ce=50_000_000, k=3, x=2)
    product.spend("other", 1, c=9_000_000_000, k=1)
    two, one = product.today - 2 * DAY, product.today - DAY

    def respond(received: Received) -> Answer:
        if "page=second" in received.target:
            return costs([(one, "1.5"), (product.today, "0.25")])
        return costs([(two, "2")], "second")

    product.answer(respond)
    assert product.set("openai").json["state"] == "not_run"
    view = product.run("openai")
    assert (view["state"], view["provider"], view["compared_apis"]) == ("ok", "openai", ["openai"])
    today, yesterday, before = view["days"]
    assert before == {
        "date": product.date(2), "is_complete": True, "provider_usd": 2, "own_usd": 2,
        "estimated_usd": 0, "unknown_calls": 0, "drift_usd": 0, "drift_percent": 0.0,
        "causes": [], "compared_at": int(product.clock.now),
    }  # fmt: skip
    assert (yesterday["own_usd"], yesterday["provider_usd"]) == (0.75, 1.5)
    assert (yesterday["drift_usd"], yesterday["drift_percent"]) == (0.75, 50.0)
    assert [cause["code"] for cause in yesterday["causes"]] == [
        "recent", "unknown_cost", "estimates", "outside"
    ]  # fmt: skip
    assert [cause["code"] for cause in today["causes"]] == ["day_not_over", "outside"]
    assert (view["provider_usd"], view["own_usd"], view["drift_percent"]) == (3.5, 2.75, 21.4)
    first, second = product.place.received
    assert first.get("Authorization") == f"Bearer {ADMIN}"
    assert "/v1/organization/costs?start_time=" in first.target
    assert second.target.endswith("&page=second")
    listed = product.account.call("GET", "/api/spend/reconciliations").json
    assert listed["items"] == [view]


def test_two_apis_of_one_account_are_compared_together(product: Product) -> None:
    product.store_keys("openai")
    body = {"provider": "openai", "api_name": "work", "secret": "sk-work", "base_url":
            product.place.url}  # fmt: skip
    assert product.account.call("POST", "/api/keys", body).status == 201
    product.spend("openai", 3, c=1_000_000_000, k=1)
    product.spend("work", 3, c=500_000_000, k=1)
    product.answer(lambda _: costs([(product.today - 3 * DAY, "1.5")]))
    product.set("openai")
    product.set("work", "openai-admin")
    for name in ("openai", "work"):
        view = product.run(name)
        assert view["compared_apis"] == ["openai", "work"]
        assert [day["drift_usd"] for day in view["days"]] == [0]


def test_anthropics_report_is_in_cents(product: Product) -> None:
    product.store_keys("anthropic")
    day = product.date(1)
    document = {"data": [{"starting_at": f"{day}T00:00:00Z", "ending_at": f"{day}T23:59:59Z",
                          "results": [{"amount": "123.45", "currency": "USD"}]}],
                "has_more": False, "next_page": None}  # fmt: skip
    product.answer(lambda _: Answer(200, [], json.dumps(document).encode()))
    product.set("anthropic")
    assert [day["provider_usd"] for day in product.run("anthropic")["days"]] == [1.2345]
    (received,) = product.place.received
    assert (received.get("x-api-key"), received.get("anthropic-version")) == (ADMIN, "2023-06-01")


def test_openrouters_credits_are_compared_day_by_day_by_the_schedule(product: Product) -> None:
    product.store_keys("openrouter")
    used = iter((10, 12, 15))
    product.answer(
        lambda _: Answer(
            200, [], json.dumps({"data": {"total_credits": 99, "total_usage": next(used)}}).encode()
        )
    )
    product.set("openrouter")
    for days, times in ((0, 2), (1, 1), (2, 2)):
        product.clock.now = product.today + days * DAY + 90.0 if days else product.clock.now
        for _ in range(times):
            product.checks.run()
        assert len(product.place.received) == days + 1
    product.account.sign_in()
    (view,) = product.account.call("GET", "/api/spend/reconciliations").json["items"]
    assert [(day["provider_usd"], day["is_complete"]) for day in view["days"]] == [
        (0, False), (3, True), (2, True)
    ]  # fmt: skip
    assert "late_reading" in [cause["code"] for cause in view["days"][2]["causes"]]
    assert view["next_run_at"] == product.today + 3 * DAY + 60
    assert product.place.received[0].target.endswith("/api/v1/credits")


FAILURES: list[tuple[Answer, str]] = [
    (Answer(401), "refused"),
    (Answer(403), "refused"),
    (Answer(429), "rate_limited"),
    (Answer(500), "unreachable"),
    (Answer(404), "bad_answer"),
    (Answer(302, [("Location", "https://example.com/")]), "bad_answer"),
    (Answer(200, [], b"<html>"), "bad_answer"),
    (Answer(200, [], b"x" * 3_000_000), "bad_answer"),
    (Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), "unreachable"),
    (Answer(raw=b"no response"), "unreachable"),
]


@pytest.mark.parametrize(("answer", "state"), FAILURES, ids=range(len(FAILURES)))
def test_a_failure_is_a_state_and_keeps_earlier_days(
    product: Product, answer: Answer, state: str
) -> None:
    product.store_keys("openai")
    product.set("openai")
    product.answer(lambda _: costs([(product.today - DAY, "1.5")]))
    product.run("openai")
    product.answer(lambda _: answer)
    view = product.run("openai")
    assert view["state"] == state
    assert view["detail"][-1] in ".?" and ADMIN not in view["detail"]
    assert [day["provider_usd"] for day in view["days"]] == [1.5]
    soon = int(product.clock.now) + 3600
    later = product.today + DAY + 60
    assert view["next_run_at"] == (soon if state in ("unreachable", "rate_limited") else later)


def test_a_provider_that_does_not_answer_is_a_state(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.key_checks.cost_reports._SECONDS", 0.2)
    product.store_keys("openai")
    product.set("openai")
    ended = threading.Event()

    def hang(_: Received) -> Answer:
        ended.wait(30)
        return Answer()

    product.answer(hang)
    view = product.run("openai")
    ended.set()
    assert (view["state"], view["days"]) == ("unreachable", [])


def test_pages_that_do_not_end_are_a_state(product: Product) -> None:
    product.store_keys("openai")
    product.set("openai")
    product.answer(lambda _: costs([], "again"))
    assert product.run("openai")["state"] == "bad_answer"
    assert len(product.place.received) == 2


def test_an_address_that_may_not_be_called_is_a_state(product: Product) -> None:
    product.store_keys("openai")
    product.set("openai")
    key = product.storage.keys.of_api(product.account.username, "openai-admin")[0]
    moved = msgspec.structs.replace(key, base_url="https://169.254.169.254", revision=2)
    product.storage.keys.replace(product.account.username, key, moved)
    assert product.run("openai")["state"] == "unreachable"
    assert product.place.received == []


def test_without_its_admin_key_a_comparison_says_so(product: Product) -> None:
    product.store_keys("openai")
    product.set("openai")
    key = product.storage.keys.of_api(product.account.username, "openai-admin")[0]
    assert product.account.call("DELETE", f"/api/keys/{key.key_id}").status == 204
    view = product.run("openai")
    assert (view["state"], view["provider"]) == ("no_key", None)


def test_another_admin_key_starts_with_new_days(product: Product) -> None:
    product.store_keys("openai")
    body = {"provider": "openai", "api_name": "second", "secret": ADMIN, "base_url":
            product.place.url}  # fmt: skip
    assert product.account.call("POST", "/api/keys", body).status == 201
    product.answer(lambda _: costs([(product.today - DAY, "1.5")]))
    product.set("openai")
    assert len(product.run("openai")["days"]) == 1
    assert len(product.set("openai").json["days"]) == 1
    assert product.set("openai", "second").json["days"] == []


def test_candidates_are_the_apis_whose_provider_reports(product: Product) -> None:
    product.store_keys("openai")
    product.account.key(product.place, api_name="weather")
    listed = product.account.call("GET", "/api/spend/reconciliations").json
    assert listed["items"] == []
    assert listed["candidates"] == [
        {"api_name": "openai", "provider": "openai", "admin_api_names": ["openai-admin"]},
        {"api_name": "openai-admin", "provider": "openai", "admin_api_names": ["openai"]},
    ]


@pytest.mark.parametrize(
    ("api_name", "admin", "code"),
    [
        ("openai", "openai", "invalid_field"),
        ("openai", "weather", "invalid_field"),
        ("openai", "missing", "invalid_field"),
        ("openai", "anthropic", "invalid_field"),
        ("openai", "-", "invalid_field"),
        ("missing", "openai-admin", "unknown_api"),
    ],
)
def test_a_wrong_choice_is_refused(product: Product, api_name: str, admin: str, code: str) -> None:
    product.store_keys("openai")
    product.account.key(product.place, api_name="weather")
    product.account.key(product.place, api_name="anthropic", provider="anthropic")
    answer = product.set(api_name, admin)
    problem(answer, 404 if code == "unknown_api" else 422, code)
    assert product.account.call("GET", "/api/spend/reconciliations").json["items"] == []


def test_a_comparison_ends(product: Product) -> None:
    product.store_keys("openai")
    product.answer(lambda _: costs([(product.today - DAY, "1.5")]))
    product.set("openai")
    product.run("openai")
    path = "/api/spend/reconciliations/openai"
    other = Account(product.account.client)
    problem(other.call("DELETE", path), 404, "reconciliation_not_found")
    assert product.account.call("DELETE", path).status == 204
    problem(product.account.call("DELETE", path), 404, "reconciliation_not_found")
    answer = product.account.call("POST", f"{path}/run")
    problem(answer, 404, "reconciliation_not_found")
    username = product.account.username
    assert product.reconciliations.days(username, "openai", 0, 1 << 40) == []
