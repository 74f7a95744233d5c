"""`audit`, `sessions`, `notifications`, and the rotation of tokens."""

from __future__ import annotations

import csv
import io

import pytest

from tests.support.accounts import Account
from tests.support.clients import HttpClient
from tests.support.command_line import CommandLine, failed
from tests.support.upstream import Answer, Place


@pytest.fixture
def owner(server: HttpClient) -> Account:
    """An account of its own, whose audit log has only what a test does."""
    return Account(server)


def test_s53_the_audit_log_is_shown_with_filters(signed_in: CommandLine, owner: Account) -> None:
    token = owner.token_details(["*"], name="laptop")
    assert owner.call("DELETE", f"/api/tokens/{token['token_id']}").status == 204
    lines = signed_in("audit").out.splitlines()
    assert lines[0].split("  ")[0] == "TIME (UTC)"
    actions = [entry["action"] for entry in signed_in("audit", "--json").json["items"]]
    assert actions[:2] == ["token.delete", "token.create"] and "session.create" in actions
    created = signed_in("audit", "--action", "token.create", "--outcome", "succeeded", "--json")
    (entry,) = created.json["items"]
    assert entry["subject"]["name"] == "laptop" and entry["source"] == "127.0.0.1"
    assert "laptop" in signed_in("audit", "--action", "token.").out
    assert signed_in("audit", "--since", "1h", "--limit", "2", "--json").json["items"] != []
    assert signed_in("audit", "--until", "2020-01-01", "--json").json == {"items": []}
    assert "no such entry" in signed_in("audit", "--source", "203.0.113.7").err
    assert signed_in("audit", "--installation", "--json").exit_code == 0


def test_s53_the_audit_log_is_exported_as_csv(signed_in: CommandLine, owner: Account) -> None:
    owner.token_details(["*"], name="laptop")
    ran = signed_in("audit", "--action", "token.", "--csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [row["action"] for row in rows] == ["token.create"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--since", "yesterday"), "2026-12-01"),
        (("--action", "Key Update"), "--action"),
        (("--limit", "0"), "--limit"),
        (("--csv", "--json"), "--csv"),
    ],
)
def test_a_wrong_filter_is_named(
    signed_in: CommandLine, arguments: tuple[str, ...], text: str
) -> None:
    failed(signed_in("audit", *arguments), 2, text)


def test_sessions_are_listed_and_ended(signed_in: CommandLine, owner: Account) -> None:
    owner.sign_in()
    listed = signed_in("sessions", "list", "--json").json["items"]
    own = next(each["session_id"] for each in listed if each["current"])
    others = [each["session_id"] for each in listed if not each["current"]]
    assert len(others) == 2
    assert "this one" in signed_in("sessions", "list").out
    assert signed_in("sessions", "end", others[0]).exit_code == 0
    failed(signed_in("sessions", "end", own), 1, "api-dashboard logout")
    failed(signed_in("sessions", "end", "nothing"), 1, "sessions list")
    failed(signed_in("sessions", "end"), 2, "--others")
    assert signed_in("sessions", "end", "--others").exit_code == 0
    left = signed_in("sessions", "list", "--json").json["items"]
    assert [each["session_id"] for each in left] == [own]


def test_a_token_is_tied_to_a_network(signed_in: CommandLine) -> None:
    arguments = ("tokens", "create", "--name", "office", "--api", "*")
    ran = signed_in(*arguments, "--allow-ip", "203.0.113.0/24", "--allow-ip", "2001:db8::1")
    assert ran.exit_code == 0 and "from 203.0.113.0/24, 2001:db8::1" in ran.err
    assert "203.0.113.0/24,2001:db8::1" in signed_in("tokens", "list").out
    failed(signed_in(*arguments, "--allow-ip", "office"), 2, "--allow-ip")


def test_a_rotated_token_works_beside_the_previous_one(
    signed_in: CommandLine, owner: Account
) -> None:
    old = owner.token_details(["*"], name="laptop")
    ran = signed_in("tokens", "rotate", "laptop")
    assert ran.out.startswith("apd_") and ran.out.strip() != old["token"]
    assert "stays valid for 1d" in ran.err
    for token in (old["token"], ran.out.strip()):
        assert owner.client.call("GET", "/api/token", None, token).status == 200
    last = signed_in("tokens", "rotate", old["token_id"], "--overlap", "0", "--json").json
    assert last["token_id"] == old["token_id"] and last["previous"] is None
    assert owner.client.call("GET", "/api/token", None, ran.out.strip()).status == 401
    assert owner.client.call("GET", "/api/token", None, last["token"]).status == 200
    failed(signed_in("tokens", "rotate", "laptop", "--overlap", "8d"), 2, "--overlap", "7d")


def test_targets_of_notifications_are_listed_and_tested(
    signed_in: CommandLine, owner: Account, place: Place
) -> None:
    assert "There is no target" in signed_in("notifications", "list").err
    body = {"name": "On call", "kind": "webhook", "address": f"{place.url}/hook"}
    assert owner.call("POST", "/api/notifications/targets", body).status == 201
    assert "On call" in signed_in("notifications", "list").out
    assert "accepted the test" in signed_in("notifications", "test", "On call").err
    assert len(place.received) == 1
    place.answer(Answer(500))
    failed(signed_in("notifications", "test", "On call"), 1, "did not accept the test")
    failed(signed_in("notifications", "test", "On cal"), 1, "did you mean On call?")
