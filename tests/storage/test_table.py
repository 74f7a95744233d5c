"""The table: its schema, conditions, pages, batches and transactions."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

import pytest

from api.aws.json_client import AwsError, Operation
from api.errors import StorageFailed, StorageUnavailable
from api.storage.operations import EXISTS, NOT_EXISTS
from api.storage.schema import ensure_table
from api.storage.table import (
    ConditionFailed,
    Table,
    TransactionFailed,
    attributes,
)
from tests.storage.conftest import Parallel
from tests.support.logged import logged


def test_the_table_has_the_fixed_keys_index_billing_and_ttl(table: Table) -> None:
    ensure_table(table)  # idempotent
    described = table.client.call("DescribeTable", {"TableName": table.name})["Table"]
    assert described["KeySchema"] == [
        {"AttributeName": "PK", "KeyType": "HASH"},
        {"AttributeName": "SK", "KeyType": "RANGE"},
    ]
    (index,) = described["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "GSI1"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["GSI1PK", "GSI1SK"]
    assert index["Projection"]["ProjectionType"] == "ALL"
    assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    ttl = table.client.call("DescribeTimeToLive", {"TableName": table.name})
    assert ttl["TimeToLiveDescription"]["AttributeName"] == "ttl"
    assert ttl["TimeToLiveDescription"]["TimeToLiveStatus"] in ("ENABLED", "ENABLING")


def test_values_are_read_back_and_none_is_left_out(table: Table, pk: str) -> None:
    item = {
        "PK": pk,
        "SK": "a",
        "text": "ü€𝄞",
        "empty": "",
        "yes": True,
        "no": False,
        "zero": 0,
        "large": 2**60,
        "negative": -5,
        "fraction": 1780000200.123,
        "list": ["a", 1, None, {"b": []}],
        "map": {"deep": {"deeper": 1}},
    }
    table.run(table.put_op({**item, "absent": None}))
    assert table.get(pk, "a") == item


def test_a_failed_condition_carries_the_stored_item(table: Table, pk: str) -> None:
    table.run(table.put_op({"PK": pk, "SK": "a", "n": 1}, NOT_EXISTS))
    with pytest.raises(ConditionFailed) as refused:
        table.run(table.put_op({"PK": pk, "SK": "a", "n": 2}, NOT_EXISTS))
    assert refused.value.item == {"PK": pk, "SK": "a", "n": 1}
    with pytest.raises(ConditionFailed) as absent:
        table.run(table.delete_op(pk, "b", EXISTS))
    assert absent.value.item is None


def test_a_rejected_operation_fails_with_the_message_of_the_database(table: Table, pk: str) -> None:
    for send in (table.run, lambda operation: table.transact([operation])):
        with logged() as events, pytest.raises(StorageFailed) as error:
            send(table.update_op(pk, "a", "SET nonsense"))
        assert "Validation" in error.value.reason
        assert "Try again" not in error.value.detail
        (event,) = events()
        assert event["event"] == "storage_error" and event["reason"] == error.value.reason


def test_a_missing_table_is_a_permanent_failure(table: Table, pk: str) -> None:
    with pytest.raises(StorageFailed, match="no such table"):
        Table(table.client, f"absent-{secrets.token_hex(4)}").get(pk, "a")


def test_a_batch_returns_each_outcome_in_order(table: Table, pk: str) -> None:
    table.run(table.put_op({"PK": pk, "SK": "a", "n": 7}))
    read, refused, counted = table.batch(
        [
            table.batch_get_op([(pk, "a"), (pk, "absent")]),
            table.put_op({"PK": pk, "SK": "a"}, NOT_EXISTS),
            table.update_op(pk, "c", "ADD n :one", {":one": 1}, returning="UPDATED_NEW"),
        ]
    )
    assert isinstance(read, dict) and read["items"] == [{"PK": pk, "SK": "a", "n": 7}]
    assert isinstance(refused, ConditionFailed)
    assert isinstance(counted, dict) and attributes(counted)["n"] == 1


def test_more_items_than_one_batch_are_read_and_deleted(table: Table, pk: str) -> None:
    for start in range(0, 240, 80):
        table.batch([table.put_op({"PK": pk, "SK": f"{i:03d}"}) for i in range(start, start + 80)])
    keys = [(pk, f"{i:03d}") for i in range(240)]
    assert set(table.get_many([*keys, (pk, "absent")])) == set(keys)
    table.delete_keys([*keys[:239], (pk, "absent")])
    assert [item["SK"] for item in table.query_all(pk)] == ["239"]
    table.delete_keys([])


def test_pages_continue_after_the_last_one(table: Table, pk: str) -> None:
    table.batch([table.put_op({"PK": pk, "SK": f"{i}"}) for i in range(7)])
    seen, after = [], None
    for _ in range(4):
        page = table.query(pk, limit=3, after=after)
        assert len(page.items) <= 3
        seen += [item["SK"] for item in page.items]
        if page.last is None:
            break
        assert page.last == {"PK": pk, "SK": seen[-1]}
        after = page.last
    assert seen == list("0123456")
    newest = table.query(pk, limit=2, newest_first=True)
    assert [item["SK"] for item in newest.items] == ["6", "5"]


def test_query_all_reads_more_than_a_megabyte(table: Table, pk: str) -> None:
    for i in range(8):
        table.run(table.put_op({"PK": pk, "SK": f"{i}", "text": "x" * 300_000}))
    assert len(table.query(pk).items) < 8
    assert [item["SK"] for item in table.query_all(pk)] == list("01234567")


def test_ranges_prefixes_and_filters(table: Table, pk: str) -> None:
    names = ["A#1", "A#2", "A#3", "AB#1", "B#1"]
    table.batch([table.put_op({"PK": pk, "SK": name, "n": int(name[-1])}) for name in names])
    assert [i["SK"] for i in table.query_all(pk, prefix="A#")] == ["A#1", "A#2", "A#3"]
    assert [i["SK"] for i in table.query_all(pk, between=("A#2", "AB#1"))] == ["A#2", "A#3", "AB#1"]
    filtered = table.query(
        pk, prefix="A#", where="#n > :n", values={":n": 2}, names={"#n": "n"}, limit=2
    )
    assert filtered.items == [] and filtered.last is not None


@pytest.mark.parametrize("limits", [{"prefix": "A#"}, {"between": ("A#", "A#9")}, {}])
@pytest.mark.parametrize("newest_first", [False, True])
def test_pages_of_a_range_continue_in_both_directions(
    table: Table, pk: str, limits: dict[str, Any], newest_first: bool
) -> None:
    outside = [] if not limits else ["A", "A$x", "B#1", "a#1"]
    names = [f"A#{number}" for number in range(7)]
    table.batch([table.put_op({"PK": pk, "SK": name}) for name in [*names, *outside]])
    seen: list[str] = []
    after = None
    for _ in range(9):
        page = table.query(pk, limit=2, after=after, newest_first=newest_first, **limits)
        seen += [item["SK"] for item in page.items]
        after = page.last
        if after is None:
            break
    assert seen == (names[::-1] if newest_first else names)


def test_a_query_names_both_ends_of_the_range_that_its_page_reads(table: Table, pk: str) -> None:
    """The embedded engine reads everything between the two ends, and all of a `begins_with`."""

    def read(**arguments: Any) -> tuple[str, str, str]:
        _, payload = table.query_op(pk, **arguments)
        values = payload["ExpressionAttributeValues"]
        return payload["KeyConditionExpression"], values[":low"]["S"], values[":high"]["S"]

    between = "PK = :pk AND SK BETWEEN :low AND :high"
    after = {"PK": pk, "SK": "A#5"}
    assert read(prefix="A#") == (between, "A#", "A$")
    assert read(prefix="A#", after=after) == (between, "A#5", "A$")
    assert read(between=("A#1", "A#9"), after=after) == (between, "A#5", "A#9")
    assert read(between=("A#1", "A#9"), after=after, newest_first=True) == (between, "A#1", "A#5")
    of_index = {**after, "GSI1PK": pk, "GSI1SK": "C#2"}
    condition = "GSI1PK = :pk AND GSI1SK BETWEEN :low AND :high"
    assert read(prefix="C#", after=of_index, index=True) == (condition, "C#2", "C$")


def test_the_index_lists_items_of_many_partitions(table: Table, pk: str) -> None:
    for i in range(3):
        table.run(
            table.put_op(
                {"PK": f"{pk}{i}", "SK": "a", "GSI1PK": pk, "GSI1SK": f"{2 - i}", "more": i}
            )
        )
    table.run(table.put_op({"PK": f"{pk}9", "SK": "a"}))
    assert [item["more"] for item in table.query_all(pk, index=True, limit=1)] == [2, 1, 0]


def test_a_transaction_writes_all_or_nothing(table: Table, pk: str) -> None:
    table.run(table.put_op({"PK": pk, "SK": "a", "n": 1}))
    with pytest.raises(TransactionFailed) as failure:
        table.transact(
            [
                table.put_op({"PK": pk, "SK": "new"}),
                table.put_op({"PK": pk, "SK": "a"}, NOT_EXISTS),
                table.condition_op(pk, "absent", EXISTS),
                table.delete_op(pk, "other"),
            ]
        )
    assert failure.value.failed == (1, 2)
    assert failure.value.items == {1: {"PK": pk, "SK": "a", "n": 1}}
    assert table.get(pk, "new") is None
    table.transact(
        [
            table.put_op({"PK": pk, "SK": "new"}, NOT_EXISTS),
            table.update_op(pk, "a", "ADD n :one", {":one": 1}, returning="ALL_NEW"),
            table.condition_op(pk, "absent", NOT_EXISTS),
        ]
    )
    assert {item["SK"]: item.get("n") for item in table.query_all(pk)} == {"a": 2, "new": None}


def test_a_transaction_has_at_most_a_hundred_writes(table: Table, pk: str) -> None:
    calls = [table.put_op({"PK": pk, "SK": f"{i:03d}"}) for i in range(101)]
    with pytest.raises(StorageFailed):
        table.transact(calls)
    assert table.query_all(pk) == []
    table.transact(calls[:100])
    assert len(table.query_all(pk)) == 100


def test_concurrent_transactions_on_one_item_all_succeed_once(
    table: Table, pk: str, parallel: Parallel
) -> None:
    def add(i: int) -> None:
        table.transact(
            [
                table.update_op(pk, "sum", "ADD n :one", {":one": 1}),
                table.put_op({"PK": pk, "SK": f"part{i}"}, NOT_EXISTS),
            ]
        )

    parallel(24, add)
    summed = table.get(pk, "sum")
    assert summed is not None and summed["n"] == 24
    assert len(table.query_all(pk, prefix="part")) == 24


class Conflicting:
    """A client whose first responses are conflicts with another transaction."""

    def __init__(self, conflicts: int) -> None:
        self.conflicts = conflicts
        self.tokens: list[str] = []

    def batch(self, calls: Sequence[Operation]) -> list[dict[str, Any] | AwsError]:
        ((_, payload),) = calls
        self.tokens.append(payload["ClientRequestToken"])
        if len(self.tokens) <= self.conflicts:
            body = {"CancellationReasons": [{"Code": "TransactionConflict"}]}
            return [AwsError("TransactionCanceledException", "conflict", body)]
        return [{}]


def test_a_transaction_is_repeated_with_the_same_token_after_conflicts() -> None:
    client = Conflicting(3)
    contested = Table(client, "any")  # type: ignore[arg-type]
    contested.transact([contested.put_op({"PK": "a", "SK": "b"})])
    assert len(client.tokens) == 4
    assert len(set(client.tokens)) == 1


def test_a_transaction_that_always_conflicts_is_unavailable_storage() -> None:
    contested = Table(Conflicting(1000), "any")  # type: ignore[arg-type]
    with pytest.raises(StorageUnavailable):
        contested.transact([contested.put_op({"PK": "a", "SK": "b"})])
