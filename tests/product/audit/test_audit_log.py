"""The audit log: which entries actions leave, and how they are listed."""

from __future__ import annotations

import csv
import io

import pytest

from tests.support.accounts import PASSWORD, Account, login, new_username, problem, refresh
from tests.support.audit import audit_entries
from tests.support.clients import Client
from tests.support.upstream import Place


def test_an_action_is_recorded_with_its_subject_details_and_outcome(
    account: Account, place: Place
) -> None:
    key = account.key(place, description="a note")
    account.call("PATCH", f"/api/keys/{key['key_id']}", {"secret": "sk-another-0123456789"})
    missing = "test.0000000000000000"
    problem(account.call("DELETE", f"/api/keys/{missing}"), 404, "key_not_found")
    failed, changed, created = audit_entries(account, "&action=key.")
    assert created["subject"] == {"type": "key", "id": key["key_id"], "name": "test"}
    assert created["details"] == {
        "api_name": "test",
        "withheld": "secret, base_url, auth, description",
    }
    assert (created["outcome"], created["code"]) == ("succeeded", None)
    assert created["source"] == created["network"] in ("127.0.0.1", "203.0.113.7")
    assert created["session_id"] == audit_entries(account, "&action=session.")[0]["session_id"]
    assert (changed["action"], changed["details"]) == ("key.update", {"withheld": "secret"})
    assert (failed["outcome"], failed["code"]) == ("failed", "key_not_found")
    assert failed["subject"]["id"] == missing


def test_entries_name_what_was_rotated_or_removed(account: Account) -> None:
    token_id = account.token_details(name="night report")["token_id"]
    assert account.call("POST", f"/api/tokens/{token_id}/rotate", {}).status == 200
    assert account.call("DELETE", f"/api/tokens/{token_id}").status == 204
    named = [
        (entry["action"], entry["subject"]) for entry in audit_entries(account, "&action=token.")
    ]
    subject = {"type": "token", "id": token_id, "name": "night report"}
    assert named == [
        ("token.delete", subject), ("token.rotate", subject), ("token.create", subject)
    ]  # fmt: skip


def test_sign_ins_and_their_failures_are_recorded(client: Client) -> None:
    account = Account(client)
    problem(login(client, account.username, "wrong password"), 401, "invalid_credentials")
    failed, signed_in, signed_up = audit_entries(account)
    assert (signed_up["action"], signed_up["details"]) == (
        "account.create",
        {"email": "u@example.com"},
    )
    assert (signed_in["action"], signed_in["outcome"]) == ("session.create", "succeeded")
    assert signed_in["subject"]["id"] == signed_in["session_id"] is not None
    assert (failed["outcome"], failed["code"]) == ("failed", "invalid_credentials")
    assert failed["session_id"] is None


def test_a_sign_out_and_a_stolen_refresh_token_are_recorded(client: Client) -> None:
    account = Account(client)
    stolen = account.sign_in()["refresh_token"]
    assert refresh(client, stolen).status == 200
    problem(refresh(client, stolen), 401, "invalid_refresh_token")
    account.sign_in()
    assert refresh(client, account.session["refresh_token"], "logout").status == 204
    assert refresh(client, account.session["refresh_token"], "logout").status == 204
    account.sign_in()
    ended = [e for e in audit_entries(account) if e["action"] in ("session.end", "session.reuse")]
    assert [(e["action"], e["outcome"]) for e in ended] == [
        ("session.end", "succeeded"),
        ("session.reuse", "succeeded"),
    ]


def test_pages_follow_each_other_and_cursors_belong_to_a_filter(account: Account) -> None:
    for _ in range(5):
        account.token()
    everything = audit_entries(account, "&action=token.create")
    assert len(everything) == 5
    paged, cursor = [], ""
    for _ in range(3):
        page = account.call("GET", f"/api/audit?action=token.create&limit=2{cursor}").json
        paged += page["items"]
        cursor = f"&cursor={page['next_cursor']}"
    assert paged == everything
    assert page["next_cursor"] is None
    first = account.call("GET", "/api/audit?action=token.create&limit=2").json["next_cursor"]
    problem(account.call("GET", f"/api/audit?limit=2&cursor={first}"), 400, "invalid_cursor")


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("action=token.create", 1),
        ("action=token.", 2),
        ("outcome=failed", 1),
        ("outcome=succeeded&action=token.", 1),
        ("source=127.0.0.1&action=token.", 2),
        ("source=192.0.2.7", 0),
        ("since=4102444800", 0),
        ("until=1000000000", 0),
    ],
)
def test_entries_are_filtered(server: Client, query: str, number: int) -> None:
    account = Account(server)
    account.token()
    account.call("DELETE", "/api/tokens/0000000000000")
    assert len(audit_entries(account, f"&{query}")) == number


def test_entries_are_exported_as_csv_without_formulas(account: Account) -> None:
    account.call("POST", "/api/tokens", {"name": "=1+1", "apis": ["*"]})
    answer = account.call("GET", "/api/audit.csv?action=token.create")
    assert answer.get("content-disposition") == 'attachment; filename="audit.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert [row["subject_name"] for row in rows] == ["'=1+1"]
    assert rows[0]["action"] == "token.create"
    (export,) = audit_entries(account, "&action=audit.export")
    assert export["outcome"] == "succeeded"


def test_an_account_reads_its_own_entries_only(client: Client) -> None:
    one, other = Account(client), Account(client)
    one.token()
    assert audit_entries(other, "&action=token.") == []
    assert audit_entries(other, "&scope=installation") == audit_entries(one, "&scope=installation")


def test_unknown_names_leave_no_entry_that_a_later_account_could_read(client: Client) -> None:
    username = new_username()
    problem(login(client, username, "wrong password"), 401, "invalid_credentials")
    account = Account(client, username)
    assert [e["action"] for e in audit_entries(account)] == ["session.create", "account.create"]


def test_a_deletion_with_a_wrong_password_is_recorded(client: Client) -> None:
    account = Account(client)
    problem(account.call("DELETE", "/api/me", {"password": "wrong"}), 403, "wrong_password")
    (entry,) = audit_entries(account, "&action=account.delete")
    assert (entry["outcome"], entry["code"]) == ("failed", "wrong_password")
    assert account.call("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    again = Account(client, account.username)
    assert audit_entries(again, "&action=account.delete") == []
