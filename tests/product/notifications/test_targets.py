"""Targets: what is accepted, what is shown, and that their addresses are secrets."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import pytest

from api.upstream.resolver import Resolver
from tests.product.notifications.notifying import EXAMPLE, TARGETS, NotifyingProduct
from tests.support.accounts import Account
from tests.support.upstream import Place


def create(product: NotifyingProduct, **members: Any) -> Any:
    body = {"name": "Mine", "kind": "webhook", "address": f"{product.place.url}/hook", **members}
    return product.call("POST", TARGETS, body)


def test_a_target_can_be_listed_changed_and_deleted(product: NotifyingProduct) -> None:
    target = product.target(name="Operations", events=["key", "key", "budget"])
    path = f"{TARGETS}/{target['target_id']}"
    listed = product.call("GET", TARGETS).json
    assert listed["kinds"] == ["webhook", "ntfy", "slack", "discord"]
    shown = {name: value for name, value in target.items() if name != "secret"}
    assert listed["items"] == [shown] and product.read(target) == shown
    assert (shown["events"], shown["enabled"]) == (["key", "budget"], True)
    assert (shown["last_delivery"], shown["failing_since"]) == (None, None)
    change = {"name": "Ops", "events": ["backup"], "enabled": False}
    changed = product.call("PATCH", path, change)
    assert changed.json == {**shown, **change}
    assert product.call("DELETE", path).status == 204
    assert product.call("GET", path).json["code"] == "target_not_found"
    assert product.call("DELETE", path).json["code"] == "target_not_found"
    assert product.call("POST", f"{path}/test").json["code"] == "target_not_found"


def test_without_events_a_target_gets_every_one(product: NotifyingProduct) -> None:
    every = ["quota", "budget", "key", "token", "sign_in", "backup"]
    assert product.target()["events"] == every


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"kind": "carrier pigeon"}, "kind"),
        ({"events": ["quota", "weather"]}, "events[1]"),
        ({"name": ""}, "name"),
        ({"access_token": "tk_1"}, "access_token"),
        ({"kind": "ntfy", "access_token": "tk 1"}, "access_token"),
        ({"kind": "ntfy", "access_token": "tk\r\nX: y"}, "access_token"),
    ],
    ids=range(6),
)
def test_an_invalid_field_is_named(
    product: NotifyingProduct, members: dict[str, Any], field: str
) -> None:
    answer = create(product, **members)
    assert (answer.status, answer.json["code"]) == (422, "invalid_field")
    assert answer.json["field"] == field


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/hook",
        "https://10.0.0.1/hook",
        "https://127.0.0.1/hook",
        "https://169.254.169.254/latest",
        "https://[::1]/hook",
        "https://[::ffff:10.0.0.1]/hook",
        "https://localhost/hook",
        "https://metadata.google.internal/",
        "https://user:password@example.com/hook",
        "https://example.com:22/hook",
        "https://example.com/hook#fragment",
        "https://example.com/a/../b",
        "https://example.com/a\r\nX-Header: yes",
        "https://example.com/a?x=\r\nX-Header: yes",
        "ftp://example.com/hook",
        "https://example.com\\@evil.example/hook",
        "javascript:alert(1)",
        "example.com/hook",
    ],
)
def test_s51_an_address_is_judged_at_creation_and_change(
    product: NotifyingProduct, address: str
) -> None:
    for kind in ("webhook", "slack", "discord", "ntfy"):
        answer = create(product, kind=kind, address=address)
        assert (answer.status, answer.json["code"]) == (422, "upstream_not_allowed"), kind
        assert answer.json["field"] == "address"
    target = product.target()
    path = f"{TARGETS}/{target['target_id']}"
    answer = product.call("PATCH", path, {"address": address})
    assert (answer.status, answer.json["code"]) == (422, "upstream_not_allowed")


def test_s51_a_name_with_a_private_address_is_refused(
    product: NotifyingProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lookup(self: Resolver, host: str, port: int, timeout: float) -> tuple[str, ...]:
        return ("93.184.216.34", "10.0.0.7")

    monkeypatch.setattr(Resolver, "lookup", lookup)
    answer = create(product, address="https://rebinding.example.com/hook")
    assert (answer.status, answer.json["code"]) == (422, "upstream_not_allowed")
    assert "private" in answer.json["detail"]


def test_s51_a_name_that_leads_to_a_private_address_later_is_not_called(
    product: NotifyingProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([("93.184.216.34",), ("10.0.0.7",)])
    monkeypatch.setattr(Resolver, "lookup", lambda *arguments: next(answers))
    target = create(product, address="https://rebinding.example.com/hook").json
    result = product.test(target)
    assert not result["delivered"] and "may not be called (private)" in result["detail"]


@pytest.mark.parametrize("topic", ["a.b", "a b", "ä", "a" * 65, "t?auth=x", "a/../b"])
def test_an_ntfy_address_ends_with_a_topic(product: NotifyingProduct, topic: str) -> None:
    answer = create(product, kind="ntfy", address=f"{product.place.url}/x/{topic}")
    assert answer.json["code"] == "upstream_not_allowed", answer.body


def test_addresses_and_secrets_are_neither_shown_nor_stored_in_the_clear(
    product: NotifyingProduct, caplog: pytest.LogCaptureFixture
) -> None:
    """Deliver 1,000 messages to targets of all kinds, and look for their secrets everywhere."""
    product.clock.now -= product.clock.now % 3600
    hidden = [secrets.token_hex(16) for _ in range(5)]
    targets = [
        product.target("webhook", f"{product.place.url}/{hidden[0]}?key={hidden[1]}"),
        product.target("slack", f"{product.place.url}/services/{hidden[2]}"),
        product.target("discord", f"{product.place.url}/api/webhooks/1/{hidden[3]}"),
        product.target("ntfy", f"{product.place.url}/{hidden[4]}", access_token=f"tk_{hidden[0]}"),
    ]
    for target in targets:
        assert target["address"].startswith("http://127.0.0.1:")
        assert target["address"].rpartition("/")[2].startswith("…")
    token = f"apd_{secrets.token_hex(16)}"
    for number in range(1000 // len(targets)):
        if number % 25 == 0:
            product.clock.now += 3600
        name = f"key sk-{hidden[number % 5]} {token} {number}"
        product.notify(subject=str(number), title=name, text=name, facts={"name": name})
    product.clock.now += 1
    product.deliver()
    bodies = [received.body for received in product.place.received]
    assert len(bodies) >= 1000
    topics = f'"topic":"{hidden[4]}"'.encode()
    sent = b"".join(bodies).replace(topics, b"")
    shown = b"".join(
        product.call("GET", path).body
        for path in (TARGETS, "/api/notifications?limit=1000", "/api/audit?limit=1000")
    )
    table = product.shared.storage.table
    items = table.query_all(f"USER#{product.account.username}")
    stored = repr(items).encode()
    for secret in (*hidden, token, targets[0]["secret"]):
        for place in (sent, shown, stored, caplog.text.encode()):
            assert secret.encode() not in place


def test_a_new_host_does_not_get_the_stored_access_token(
    product: NotifyingProduct, closed_port: int
) -> None:
    target = product.target("ntfy", access_token="tk_0123456789")
    path = f"{TARGETS}/{target['target_id']}"
    assert target["has_access_token"]
    other = {"address": f"http://127.0.0.1:{closed_port}/topic"}
    answer = product.call("PATCH", path, other)
    assert (answer.json["code"], answer.json["field"]) == ("secret_required", "access_token")
    changed = product.call("PATCH", path, {**other, "access_token": None})
    assert changed.status == 200 and not changed.json["has_access_token"]


def test_a_target_of_another_user_is_not_found(
    product: NotifyingProduct, own_environment: Mapping[str, str], place: Place
) -> None:
    path = f"{TARGETS}/{product.target()['target_id']}"
    other = Account(product.account.client)
    for method, target, body in (
        ("GET", path, None),
        ("PATCH", path, {"enabled": False}),
        ("DELETE", path, None),
        ("POST", f"{path}/test", None),
        ("POST", f"{path}/rotate-secret", None),
    ):
        answer = other.call(method, target, body)
        assert (answer.status, answer.json["code"]) == (404, "target_not_found"), method
    assert other.call("GET", TARGETS).json["items"] == []


def test_a_copied_ciphertext_is_refused(product: NotifyingProduct) -> None:
    one, two = product.target(), product.target()
    table, pk = product.shared.storage.table, f"USER#{product.account.username}"
    copied = table.get(pk, f"TARGET#{one['target_id']}")
    assert copied is not None
    table.run(table.put_op({**copied, "SK": f"TARGET#{two['target_id']}",
                            "target_id": two["target_id"]}))  # fmt: skip
    answer = product.call("GET", f"{TARGETS}/{two['target_id']}")
    assert answer.json["code"] == "secret_unreadable"
    result = product.test(two)
    assert not result["delivered"] and "FERNET_KEYS" in result["detail"]


def test_an_account_has_at_most_twenty_targets(product: NotifyingProduct) -> None:
    for _ in range(20):
        product.target()
    answer = create(product)
    assert (answer.status, answer.json["code"]) == (409, "too_many_targets")


def test_email_needs_the_operator_s_settings(product: NotifyingProduct) -> None:
    answer = create(product, kind="email", address="ada@example.com")
    assert (answer.status, answer.json["code"]) == (409, "mail_not_configured")


def test_a_deleted_account_s_notifications_are_gone(product: NotifyingProduct) -> None:
    product.target()
    product.notify()
    product.account.call("DELETE", "/api/me", {"password": "a long enough passphrase"})
    assert product.deliver() == 0
    assert not product.outbox.enqueue(product.account.username, EXAMPLE)
