"""What accounts were notified of, and the accounts that have targets."""

from __future__ import annotations

import secrets

import msgspec
import pytest

from api.storage.noted_findings import NotedFinding, NotedFindings, NotedList
from api.storage.notification_targets import NotificationTarget
from api.storage.notified_accounts import NotifiedAccounts
from api.storage.table import Table
from api.storage.users import User
from api.wiring import Storage
from api.wiring.notifications import notification_targets
from tests.storage.conftest import NOW

ONE = {"key:a": NotedFinding(3, 690, NOW, NOW + 5, True, (1, 2)), "key:b": NotedFinding(at=NOW)}


@pytest.fixture
def noted(storage: Storage) -> NotedFindings:
    return NotedFindings(storage.table, storage.users)


def test_what_is_noted_is_replaced_unless_it_has_changed(
    noted: NotedFindings, username: str
) -> None:
    nothing = noted.get(username)
    assert nothing == NotedList()
    assert noted.replace(username, nothing, ONE)
    assert not noted.replace(username, nothing, {})
    first = noted.get(username)
    assert first == NotedList(1, ONE)
    assert noted.replace(username, first, {})
    assert not noted.replace(username, first, ONE)
    assert noted.get(username) == NotedList(2, {})


def test_nothing_is_noted_of_an_account_that_is_being_deleted(
    noted: NotedFindings, storage: Storage, username: str
) -> None:
    assert noted.replace(username, NotedList(), ONE)
    storage.users.begin_deletion(username)
    assert not noted.replace(username, noted.get(username), {})
    storage.users.remove(username, username)
    assert not noted.replace(username, NotedList(), ONE)
    assert noted.get(username) == NotedList()


def test_the_position_of_a_scan_is_stored_and_removed(noted: NotedFindings) -> None:
    assert noted.position() == ""
    noted.set_position("ada")
    assert noted.position() == "ada"
    noted.set_position("")
    noted.set_position("")
    assert noted.position() == ""


def all_accounts(table: Table, names: set[str], targets: int) -> list[tuple[str, set[str]]]:
    """Read the accounts page by page. Returns those of `names`, in the order of the pages."""
    accounts = NotifiedAccounts(table)
    found = []
    after: str | None = ""
    while after is not None:
        page = accounts.page(after, targets)
        found += [(account.username, set(account.events)) for account in page.items]
        after = page.next
    return [one for one in found if one[0] in names]


@pytest.mark.parametrize("targets", [3, 4, 200])
def test_accounts_with_enabled_targets_are_found_page_by_page(
    storage: Storage, targets: int
) -> None:
    stem = f"u{secrets.token_hex(6)}"
    # One name begins with another, and all characters that a name may have.
    names = [f"{stem}{end}" for end in ("a", "a-b", "a.b", "a0", "a_b", "ab", "z")]
    stored = notification_targets(storage)
    for number, name in enumerate(names):
        storage.users.create(User(name, "hash", "u@example.com", NOW), name)
        for event in ("quota", "budget")[: 1 + number % 2]:
            target = NotificationTarget(
                secrets.token_hex(8), "n", "webhook", "cipher text", (event, "key"), NOW
            )
            stored.create(name, target)
        disabled = msgspec.structs.replace(
            target, target_id="off", events=("token",), enabled=False
        )
        stored.create(name, disabled)
    found = all_accounts(storage.table, set(names), targets)
    assert found == [
        (name, {"quota", "key"} | ({"budget"} if names.index(name) % 2 else set()))
        for name in sorted(names)
    ]


def test_a_target_that_is_disabled_or_deleted_is_not_found(storage: Storage, username: str) -> None:
    stored = notification_targets(storage)
    target = NotificationTarget("one", "n", "webhook", "cipher text", ("quota",), NOW)

    def events() -> list[tuple[str, set[str]]]:
        return all_accounts(storage.table, {username}, 200)

    stored.create(username, target)
    assert events() == [(username, {"quota"})]
    off = msgspec.structs.replace(target, enabled=False)
    stored.change(username, target, off)
    assert events() == []
    off = msgspec.structs.replace(off, revision=2)
    stored.change(username, off, msgspec.structs.replace(off, enabled=True, events=("key",)))
    assert events() == [(username, {"key"})]
    stored.delete(username, "one")
    assert events() == []
