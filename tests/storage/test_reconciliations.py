"""Reconciliations: due with the checks of keys, stored with their days or not at all."""

from __future__ import annotations

import pytest

from api.storage.reconciliations import (
    Reading,
    Reconciliation,
    ReconciliationChanged,
    Reconciliations,
    StoredDay,
)
from api.storage.schedules import DueCheck
from api.wiring import Storage
from tests.storage.conftest import NOW
from tests.storage.test_schedules import due

DAY = 86_400
MIDNIGHT = NOW - NOW % DAY + DAY
ONE = Reconciliation("openai", "openai-admin", NOW)
FULL = StoredDay(
    NOW - NOW % DAY, NOW, 10**15, 3, 2, 1, True, Reading(NOW, 10**17), Reading(NOW + 5, 10**17)
)


@pytest.fixture
def reconciliations(storage: Storage) -> Reconciliations:
    return Reconciliations(storage.table, storage.users)


def test_a_reconciliation_is_due_and_repeats_after_midnight(
    storage: Storage, reconciliations: Reconciliations, username: str
) -> None:
    reconciliations.set(username, ONE)
    (found,) = due(storage, username, NOW)
    assert found == DueCheck(username, "", NOW, DAY, "openai")
    assert storage.schedules.claim(found, NOW)
    assert not storage.schedules.claim(found, NOW)
    assert due(storage, username, MIDNIGHT + 59) == []
    assert [one.at for one in due(storage, username, MIDNIGHT + 60)] == [MIDNIGHT + 60]
    assert storage.schedules.of_user(username) == {}


def test_a_run_is_stored_with_its_days(reconciliations: Reconciliations, username: str) -> None:
    reconciliations.set(username, ONE)
    older = StoredDay(FULL.start - DAY, NOW)
    ran = Reconciliation("openai", "openai-admin", MIDNIGHT, "refused", "Why.", NOW)
    reconciliations.save_run(username, ONE, ran, [FULL, older])
    assert reconciliations.get(username, "openai") == ran
    assert reconciliations.all(username) == [ran]
    assert reconciliations.days(username, "openai", 0, FULL.start + 1) == [older, FULL]
    assert reconciliations.days(username, "openai", FULL.start, FULL.start + 1) == [FULL]
    assert reconciliations.days(username, "openai-admin", 0, FULL.start + 1) == []


def test_a_run_of_a_deleted_or_changed_reconciliation_is_not_stored(
    reconciliations: Reconciliations, username: str
) -> None:
    for change in (None, Reconciliation("openai", "other", NOW)):
        reconciliations.set(username, ONE)
        reconciliations.delete(username, "openai")
        if change is not None:
            reconciliations.set(username, change)
        with pytest.raises(ReconciliationChanged):
            reconciliations.save_run(username, ONE, ONE, [FULL])
        assert reconciliations.days(username, "openai", 0, FULL.start + 1) == []


def test_a_deleted_account_gets_no_reconciliation(
    storage: Storage, reconciliations: Reconciliations, username: str
) -> None:
    storage.users.begin_deletion(username)
    with pytest.raises(ReconciliationChanged):
        reconciliations.set(username, ONE)


def test_deleting_removes_the_days_of_this_api_only(
    reconciliations: Reconciliations, username: str
) -> None:
    for name in ("openai", "openai-2"):
        one = Reconciliation(name, "admin", NOW)
        reconciliations.set(username, one)
        reconciliations.save_run(username, one, one, [FULL])
    assert reconciliations.delete(username, "openai")
    assert not reconciliations.delete(username, "openai")
    assert reconciliations.days(username, "openai", 0, NOW) == []
    assert reconciliations.days(username, "openai-2", 0, NOW) == [FULL]


def test_days_are_kept_for_400_days(reconciliations: Reconciliations, username: str) -> None:
    reconciliations.set(username, ONE)
    reconciliations.save_run(username, ONE, ONE, [FULL])
    end = FULL.start + 400 * DAY
    reconciliations.sweep(username, end)
    assert reconciliations.days(username, "openai", 0, NOW) == [FULL]
    reconciliations.sweep(username, end + 3602)
    assert reconciliations.days(username, "openai", 0, NOW) == []
    assert reconciliations.get(username, "openai") == ONE
