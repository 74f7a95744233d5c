"""After a failed write, a test write decides whether calls may be made."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest

from api.aws.json_client import AwsError, Operation
from api.errors import StorageNotWritable
from api.storage.table import Table
from api.storage.write_state import WriteState

FULL = AwsError("InternalServerError", "backend: database or disk is full", {})


class Disk:
    """A client of a database whose disk may be full."""

    def __init__(self) -> None:
        self.is_full = False
        self.writes = 0
        self._lock = threading.Lock()

    def batch(self, operations: Sequence[Operation]) -> list[dict[str, Any] | AwsError]:
        answers: list[dict[str, Any] | AwsError] = []
        for name, _ in operations:
            with self._lock:
                self.writes += name != "GetItem"
            answers.append(FULL if self.is_full and name != "GetItem" else {})
        return answers

    def call(self, name: str, payload: dict[str, Any]) -> dict[str, Any]:
        (answer,) = self.batch([(name, payload)])
        if isinstance(answer, AwsError):
            raise answer
        return answer


def table_on(disk: Disk, writes: WriteState | None = None) -> Table:
    return Table(cast(Any, disk), "any", writes)


def write(table: Table) -> None:
    table.run(table.put_op({"PK": "a", "SK": "b"}))


def test_no_test_write_is_sent_while_writes_succeed() -> None:
    disk = Disk()
    table = table_on(disk)
    write(table)
    table.require_writable()
    assert disk.writes == 1


@pytest.mark.parametrize("in_transaction", [False, True])
def test_after_a_failed_write_each_check_tests_until_a_write_succeeds(in_transaction: bool) -> None:
    disk = Disk()
    table = table_on(disk)
    disk.is_full = True
    with pytest.raises(StorageNotWritable, match="disk is full"):
        if in_transaction:
            table.transact([table.put_op({"PK": "a", "SK": "b"})])
        else:
            write(table)
    for _ in range(3):
        with pytest.raises(StorageNotWritable, match="disk is full"):
            table.require_writable()
    assert table.get("a", "b") is None
    disk.is_full = False
    before = disk.writes
    table.require_writable()
    table.require_writable()
    assert disk.writes == before + 1


def test_a_write_that_succeeds_ends_the_tests() -> None:
    disk = Disk()
    table = table_on(disk)
    disk.is_full = True
    with pytest.raises(StorageNotWritable):
        write(table)
    disk.is_full = False
    write(table)
    before = disk.writes
    table.require_writable()
    assert disk.writes == before


def test_processes_share_the_outcome_of_the_last_write() -> None:
    memory = bytearray(1)
    disk = Disk()
    first, second = (table_on(disk, WriteState(memory)) for _ in range(2))
    disk.is_full = True
    with pytest.raises(StorageNotWritable):
        write(first)
    with pytest.raises(StorageNotWritable):
        second.require_writable()
    disk.is_full = False
    second.require_writable()
    before = disk.writes
    first.require_writable()
    assert disk.writes == before


def test_calls_that_wait_for_a_test_write_use_its_result() -> None:
    class Slow(Disk):
        entered = threading.Event()
        go_on = threading.Event()

        def batch(self, operations: Sequence[Operation]) -> list[dict[str, Any] | AwsError]:
            if self.writes:
                self.entered.set()
                assert self.go_on.wait(20)
            return super().batch(operations)

    disk = Slow()
    table = table_on(disk)
    disk.is_full = True
    with pytest.raises(StorageNotWritable):
        write(table)

    def check() -> None:
        asked.release()
        table.require_writable()

    asked = threading.Semaphore(0)
    with ThreadPoolExecutor(6) as threads:
        checks = [threads.submit(check) for _ in range(6)]
        assert disk.entered.wait(20)
        for _ in checks:
            assert asked.acquire(timeout=20)
        disk.go_on.set()
        assert all(isinstance(one.exception(), StorageNotWritable) for one in checks)
    assert disk.writes <= 4
