"""A restore to a table encrypts for the table's keys, can be repeated, and replaces on request."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from api.local.data_folder import open_data_folder
from api.local.upgrade import upgrade_format
from api.operations import restore
from api.operations.archive.files import open_input, open_output
from api.operations.archive.locks import Locks
from api.operations.archive.reader import ArchiveReader
from api.operations.archive.recovery_keys import RecoveryKey, new_recovery_key
from api.operations.aws.target_secrets import taker_of
from api.operations.backup import back_up
from api.operations.errors import OperationError
from api.operations.items import InstallationSecrets, Item
from api.operations.places.folder import FolderPlace
from api.operations.places.table import TablePlace
from api.operations.restore import Restored
from api.operations.restore_table import find_mark, restore_to_table
from api.secret import Secret
from api.settings import Settings
from api.storage.item_kinds import key_of
from tests.product.operations.conftest import Aws
from tests.support.old_data import GITHUB_KEY, OPENAI_KEY, OPENAI_SECRET, write_old_data

Items = dict[tuple[str, str], Item]


@pytest.fixture
def source(tmp_path: Path) -> FolderPlace:
    write_old_data(tmp_path / "data")
    with open_data_folder(tmp_path / "data") as opened:
        upgrade_format(opened)
    return FolderPlace(Settings(data=tmp_path / "data"))


@pytest.fixture
def key() -> RecoveryKey:
    return new_recovery_key()


@pytest.fixture
def archive(tmp_path: Path, source: FolderPlace, key: RecoveryKey) -> Path:
    file = tmp_path / "the.backup"
    back_up(source, open_output(str(file)), Locks(recovery_keys=(key.public,)))
    return file


def restored(
    archive: Path, key: RecoveryKey, place: TablePlace, *, replace: bool = False
) -> Restored:
    reader = ArchiveReader(open_input(str(archive)), key)
    return restore_to_table(place, reader, lambda *_: None, taker_of(place), replace=replace)


def items(place: FolderPlace | TablePlace) -> Items:
    with place.snapshot() as found:
        return {key_of(item): item for item in found}


def plain(place: FolderPlace | TablePlace) -> Items:
    """Return the items with their ciphertexts decrypted."""
    keys = [Fernet(key.reveal()) for key in place.secrets().encryption]

    def decrypted(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: decrypted(member) for name, member in value.items()}
        if isinstance(value, list):
            return [decrypted(member) for member in value]
        if isinstance(value, str):
            return re.sub(
                r"gAAAA[A-Za-z0-9_=-]{90,}", lambda found: keys[0].decrypt(found[0]).decode(), value
            )
        return value

    return {key: decrypted(item) for key, item in items(place).items()}


def test_every_item_comes_back_encrypted_for_the_table(
    aws: Aws, archive: Path, key: RecoveryKey, source: FolderPlace
) -> None:
    place = aws.table()
    own = [each.reveal() for each in place.secrets().encryption]
    done = restored(archive, key, place)
    assert plain(place) == plain(source)
    assert items(place) != items(source)
    assert OPENAI_SECRET in str(plain(place))
    assert [each.reveal() for each in place.secrets().encryption] == own
    assert place.secrets().signing.reveal() == source.secrets().signing.reveal()
    assert find_mark(place) is None
    assert f"/{place.base}/jwt-secret" in done.notes[0]


def test_a_table_with_users_is_replaced_on_request_only(
    aws: Aws, archive: Path, key: RecoveryKey, source: FolderPlace
) -> None:
    place = aws.table()
    other = {"PK": {"S": "USER#eve"}, "SK": {"S": "PROFILE"}, "username": {"S": "eve"}}
    name = {"PK": {"S": "NAME#eve"}, "SK": {"S": "NAME"}, "username": {"S": "eve"}}
    place.write([other, name])
    with pytest.raises(OperationError, match="add --replace"):
        restored(archive, key, place)
    assert items(place) == {key_of(item): item for item in (other, name)}
    restored(archive, key, place, replace=True)
    assert plain(place) == plain(source)


class Killed(BaseException):
    """What takes the place of a SIGKILL."""


@pytest.mark.parametrize("replace", [False, True])
def test_a_killed_restore_is_finished_by_the_same_command(
    aws: Aws,
    archive: Path,
    key: RecoveryKey,
    source: FolderPlace,
    monkeypatch: pytest.MonkeyPatch,
    replace: bool,
) -> None:
    place = aws.table()
    monkeypatch.setattr(restore, "STEP", 5)
    kills = 0
    for allowed in range(40):
        calls = iter(range(1_000))
        write, delete = TablePlace.write, TablePlace.delete

        def dying(function: Any, calls: Any = calls, allowed: int = allowed) -> Any:
            def call(*arguments: Any) -> Any:
                if next(calls) >= allowed:
                    raise Killed
                return function(*arguments)

            return call

        with monkeypatch.context() as patched:
            patched.setattr(TablePlace, "write", dying(write))
            patched.setattr(TablePlace, "delete", dying(delete))
            try:
                restored(archive, key, place, replace=replace)
                break
            except Killed:
                kills += 1
        if allowed > 1:
            mark = find_mark(place)
            assert mark is not None and mark.kind == "restore"
    assert kills > 3
    assert find_mark(place) is None
    assert plain(place) == plain(source)
    assert {f"APIKEY#{name}" for name in (OPENAI_KEY, GITHUB_KEY)} <= {sk for _, sk in items(place)}


def test_another_backup_does_not_go_on_with_an_interrupted_restore(
    aws: Aws,
    tmp_path: Path,
    archive: Path,
    key: RecoveryKey,
    source: FolderPlace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = aws.table()

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(TablePlace, "delete", die)
        with pytest.raises(Killed):
            restored(archive, key, place)
    second = tmp_path / "second.backup"
    back_up(source, open_output(str(second)), Locks(recovery_keys=(key.public,)))
    with pytest.raises(OperationError, match="was interrupted: finish it with the same command"):
        restored(second, key, place)
    restored(second, key, place, replace=True)
    assert find_mark(place) is None
    assert plain(place) == plain(source)


def test_a_servers_own_signing_secret_must_be_that_of_the_backup(
    aws: Aws, archive: Path, key: RecoveryKey, source: FolderPlace
) -> None:
    table = aws.table()
    encryption = (Secret(Fernet.generate_key().decode()),)

    def at(signing: Secret) -> TablePlace:
        own = InstallationSecrets(signing, encryption)
        return TablePlace(table.session, table.table_name, "no-parameters", own=own)

    with pytest.raises(OperationError, match="JWT_SECRET_KEY is set and is not that of the data"):
        restored(archive, key, at(Secret("another-secret-0123456789-abcdefghij")))
    assert items(table) == {}
    place = at(source.secrets().signing)
    assert restored(archive, key, place).notes == ()
    assert plain(place) == plain(source)
