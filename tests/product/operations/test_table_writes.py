"""What is written to a table and to an embedded database, and where secrets come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from api.operations.errors import OperationError
from api.operations.items import InstallationSecrets, Item
from api.operations.places.choose import PlaceOptions, open_place
from api.operations.places.engine_table import running_table
from api.operations.places.table import TablePlace
from api.secret import Secret
from api.settings import Settings
from api.storage.item_kinds import key_of
from tests.product.operations.conftest import Aws

SIGNING = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"


def item(number: int, text: str = "a") -> Item:
    return {"PK": {"S": "USER#ada"}, "SK": {"S": f"TOKEN#{number:05d}"}, "t": {"S": text}}


@pytest.fixture(params=["table", "engine"])
def target(request: pytest.FixtureRequest, tmp_path: Path, aws: Aws) -> Iterator[Any]:
    if request.param == "table":
        yield aws.table()
    else:
        with running_table(tmp_path / "database.db", Settings(data=tmp_path)) as table:
            yield table


def test_of_an_item_that_comes_twice_the_later_one_counts(target: Any) -> None:
    items = [item(number) for number in range(230)]
    items += [item(number, "b") for number in range(0, 230, 2)]
    items += [item(229, "c"), item(229, "d")]
    assert target.write(items) == 347
    found = {key_of(one)[1]: one["t"]["S"] for one in target.read(map(key_of, items[:230]))}
    expected = {f"TOKEN#{number:05d}": "ab"[number % 2 == 0] for number in range(230)}
    assert found == {**expected, "TOKEN#00229": "d"}
    assert target.delete([key_of(item(number)) for number in (0, 0, 1, 9999)]) == 4
    assert len(list(target.read(map(key_of, items[:230])))) == 228


class Throttling:
    """A client whose table accepts two items of each batch."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:
        ((name, requests),) = RequestItems.items()
        self._client.batch_write_item(RequestItems={name: requests[:2]})
        return {"UnprocessedItems": {name: requests[2:]} if requests[2:] else {}}


def test_what_is_throttled_is_written_later(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    place = aws.table()
    place._client = Throttling(place.dynamodb)
    pauses: list[float] = []
    monkeypatch.setattr(TablePlace, "_wait", lambda self, waits: pauses.append(next(waits)))
    assert place.write([item(number) for number in range(30)]) == 30
    assert len(list(place.read([key_of(item(number)) for number in range(30)]))) == 30
    assert len(pauses) == 14 and max(pauses) > min(pauses)


def test_throttling_that_does_not_end_is_explained(aws: Aws) -> None:
    with pytest.raises(OperationError, match="did not stop: try again"):
        aws.table()._wait(iter(()))


def test_a_table_with_items_of_the_server_only_is_empty(aws: Aws) -> None:
    place = aws.table()
    place.write([{"PK": {"S": "SERVER"}, "SK": {"S": "FERNET_KEYS"}}])
    assert place.is_empty()
    place.write([item(1)])
    assert not place.is_empty()


def test_secrets_of_this_machine_are_those_of_a_table_without_parameters(aws: Aws) -> None:
    key = Fernet.generate_key().decode()

    def settings(_: Path | None) -> Settings:
        return Settings(jwt_secret_key=Secret(SIGNING), fernet_keys=(Secret(key),))

    name = aws.table(with_secrets=False).table_name
    own = open_place(PlaceOptions(table=name, region="us-east-2"), settings).secrets()
    assert own.signing.reveal() == SIGNING
    with pytest.raises(OperationError, match=r"no parameter .*/jwt-secret.*set JWT_SECRET_KEY"):
        open_place(PlaceOptions(table=name, region="us-east-2"), lambda _: Settings()).secrets()
    stack = aws.table()
    place = TablePlace(
        aws.session(),
        stack.table_name,
        own=InstallationSecrets(Secret(SIGNING), (Secret(key),)),
    )
    assert place.secrets().signing.reveal() == stack.secrets().signing.reveal() != SIGNING


def test_a_missing_table_and_region_are_explained(aws: Aws) -> None:
    with pytest.raises(OperationError, match=r"Check the name and the region"):
        TablePlace(aws.session(), "none").is_empty()


def pool(state: str, key: str = "k") -> Item:
    return {
        "PK": {"S": "USER#ada"},
        "SK": {"S": "API#openai"},
        "key:1": {"S": key},
        "state:1": {"S": state},
    }


def usage(hour: str) -> Item:
    return {
        "PK": {"S": "USER#ada"},
        "SK": {"S": "RATELIMIT#openai"},
        "hour": {"N": hour},
        "u_n": {"N": "5"},
    }


@pytest.mark.parametrize(
    ("change", "reads"),
    [
        (lambda number: pool(f"s{number}"), 2),
        (lambda number: pool("s", f"k{number}") if number < 3 else pool("s"), 4),
        (lambda number: usage(str(min(number, 3))), 4),
    ],
    ids=["state alone", "key", "hour"],
)
def test_reads_are_repeated_for_what_transactions_change(
    aws: Aws, change: Callable[[int], Item], reads: int
) -> None:
    place = aws.table()
    place.write([pool("s"), usage("1")])
    counted: list[int] = []
    partition = place._partition

    def changing(pk: str) -> Iterator[list[Item]]:
        counted.append(1)
        place.write([change(len(counted))])
        return partition(pk)

    place._partition = changing  # type: ignore[method-assign]
    found = {key_of(one): one for one in place._stable_items("USER#ada")}
    assert len(counted) == reads
    last = change(3) if reads == 4 else change(1)
    assert found[key_of(last)] == last
