"""A restore to a data folder leaves the old or the new data, whenever it is killed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api.cli.server.table import prepare_table
from api.errors import StartError
from api.local import restored_data
from api.local.bootstrap import bootstrap
from api.local.data_folder import is_restore_unfinished, open_data_folder, set_filling
from api.operations import restore_folder
from api.operations.archive.files import open_input, open_output
from api.operations.archive.locks import Locks
from api.operations.archive.reader import ArchiveReader
from api.operations.archive.recovery_keys import RecoveryKey
from api.operations.backup import back_up
from api.operations.errors import OperationError
from api.operations.items import Item
from api.operations.places.folder import FolderPlace
from api.operations.restore import Restored
from api.operations.restore_folder import restore_to_folder
from api.secret import Secret
from api.settings import Settings
from api.storage.item_kinds import key_of
from tests.support.old_data import write_old_data


def place(folder: Path, **settings: Any) -> FolderPlace:
    return FolderPlace(Settings(data=folder, **settings))


@pytest.fixture
def archive(tmp_path: Path, data: Path, key: RecoveryKey) -> Path:
    """A backup of the data folder."""
    file = tmp_path / "the.backup"
    back_up(place(data), open_output(str(file)), Locks(recovery_keys=(key.public,)))
    return file


def restored(archive: Path, key: RecoveryKey, to: FolderPlace, replace: bool = False) -> Restored:
    reader = ArchiveReader(open_input(str(archive)), key)
    return restore_to_folder(to, reader, lambda *_: None, replace=replace)


def items(folder: Path) -> dict[tuple[str, str], Item]:
    with place(folder).snapshot() as found:
        return {key_of(item): item for item in found}


def test_every_item_and_both_secrets_come_back(
    tmp_path: Path, data: Path, archive: Path, key: RecoveryKey
) -> None:
    done = restored(archive, key, place(tmp_path / "new"))
    assert items(tmp_path / "new") == items(data)
    assert (tmp_path / "new" / "secrets.env").read_text() == (data / "secrets.env").read_text()
    assert (tmp_path / "new" / "VERSION").read_text() == "3\n"
    assert (done.summary.counts.keys, done.summary.counts.tokens, done.replaced) == (2, 1, "")
    assert {path.stat().st_mode & 0o77 for path in (tmp_path / "new").iterdir()} == {0}


def test_data_is_replaced_on_request_only_and_kept(
    data: Path, archive: Path, key: RecoveryKey
) -> None:
    before = (data / "database.db").read_bytes()
    with pytest.raises(OperationError, match="add --replace"):
        restored(archive, key, place(data))
    assert (data / "database.db").read_bytes() == before
    done = restored(archive, key, place(data), replace=True)
    assert (Path(done.replaced) / "database.db").read_bytes() == before
    assert items(data) == items(Path(done.replaced))
    assert not is_restore_unfinished(data)


@pytest.mark.parametrize("damage", ["database.db", "secrets.env", "VERSION"])
def test_damaged_data_is_replaced(
    data: Path, archive: Path, key: RecoveryKey, damage: str, tmp_path: Path
) -> None:
    good = items(data)
    (data / damage).write_bytes(b"damaged" * 500)
    restored(archive, key, place(data), replace=True)
    assert items(data) == good
    open_data_folder(data).close()


def test_a_folder_of_other_files_and_one_in_use_are_refused(
    tmp_path: Path, data: Path, archive: Path, key: RecoveryKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_text("")
    with pytest.raises(OperationError, match=r"other files \(cat.jpg\): name an empty one"):
        restored(archive, key, place(tmp_path / "photos"))
    monkeypatch.setattr("api.local.data_folder.fcntl.lockf", locked)
    monkeypatch.setattr("api.local.data_folder.time.monotonic", iter(range(0, 1000, 10)).__next__)
    with pytest.raises(OperationError, match="another running API Dashboard: stop that one"):
        restored(archive, key, place(data), replace=True)


def locked(*_: object) -> None:
    raise BlockingIOError


def test_secrets_of_the_environment_are_compared(
    tmp_path: Path, archive: Path, key: RecoveryKey
) -> None:
    from cryptography.fernet import Fernet

    other = Settings(data=tmp_path / "new", jwt_secret_key=Secret("x" * 40))
    with pytest.raises(OperationError, match="JWT_SECRET_KEY is set and is not that of the data"):
        restored(archive, key, FolderPlace(other))
    assert not (tmp_path / "new").exists()
    own = Fernet.generate_key().decode()
    done = restored(archive, key, place(tmp_path / "new", fernet_keys=(Secret(own),)))
    assert "FERNET_KEYS of the environment" in done.notes[0]
    assert own in (tmp_path / "new" / "secrets.env").read_text()
    texts = msgspec.json.encode(list(items(tmp_path / "new").values())).decode()
    secret = next(part for part in texts.split('"') if part.startswith("gAAAA"))
    assert Fernet(own).decrypt(secret)


def test_a_restore_with_other_encryption_keys_starts_anew(
    tmp_path: Path, data: Path, archive: Path, key: RecoveryKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptography.fernet import Fernet

    other = (Secret(Fernet.generate_key().decode()),)
    with monkeypatch.context() as patched:
        patched.setattr(restore_folder, "put_in_place", dying(restore_folder.put_in_place, 0))
        with pytest.raises(Killed):
            restored(archive, key, place(tmp_path / "new", fernet_keys=other))
    restored(archive, key, place(tmp_path / "new"))
    assert items(tmp_path / "new") == items(data)


def test_no_server_starts_where_a_first_restore_was_interrupted(
    tmp_path: Path, data: Path, archive: Path, key: RecoveryKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(restore_folder, "put_in_place", dying(restore_folder.put_in_place, 0))
        with pytest.raises(Killed):
            restored(archive, key, place(tmp_path / "new"))
    with pytest.raises(StartError, match="run the same `api-dashboard restore` command again"):
        open_data_folder(tmp_path / "new")
    restored(archive, key, place(tmp_path / "new"))
    assert items(tmp_path / "new") == items(data)


def test_a_restore_takes_the_place_of_an_unfinished_move_on_request_only(
    tmp_path: Path, data: Path, archive: Path, key: RecoveryKey
) -> None:
    target = tmp_path / "new"
    target.mkdir()
    set_filling(target, "a move")
    with pytest.raises(OperationError, match=r"A move to .* is not finished: .* add --replace"):
        restored(archive, key, place(target))
    restored(archive, key, place(target), replace=True)
    open_data_folder(target).close()
    assert items(target) == items(data)


def test_data_of_an_older_format_starts_after_a_restore(tmp_path: Path, key: RecoveryKey) -> None:
    write_old_data(tmp_path / "old")
    file = tmp_path / "old.backup"
    locks = Locks(recovery_keys=(key.public,))
    back_up(place(tmp_path / "old"), open_output(str(file)), locks)
    restored(file, key, place(tmp_path / "new"))
    with bootstrap(Settings(data=tmp_path / "new"), prepare_table):
        assert (tmp_path / "new" / "database.state").exists()


class Killed(BaseException):
    """What takes the place of a SIGKILL."""


STEPS: list[tuple[object, str]] = [
    (Path, "rename"),
    (Path, "replace"),
    (Path, "unlink"),
    (os, "fsync"),
    (shutil, "rmtree"),
    (restored_data, "write_whole"),
    (restore_folder, "write_whole"),
    (restore_folder, "find_damage"),
]


@pytest.mark.parametrize("step", range(len(STEPS)))
@pytest.mark.parametrize("replace", [False, True])
def test_a_kill_at_any_step_leaves_the_old_or_the_new_data(
    tmp_path: Path,
    data: Path,
    archive: Path,
    key: RecoveryKey,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
    replace: bool,
) -> None:
    new = items(data)
    folder = tmp_path / "target"
    if replace:
        restored(archive, key, place(folder))
        drop_log(folder)
    old = items(folder) if replace else {}
    owner, name = STEPS[step]
    kills = 0
    for call in range(0, 60, 1 if name in ("rename", "write_whole") else 3):
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, dying(getattr(owner, name), call))
            try:
                restored(archive, key, place(folder), replace=replace or kills > 0)
                break
            except Killed:
                kills += 1
        assert usable(folder) in ("old", "new", "to be finished")
        if usable(folder) == "old" and replace:
            assert items(folder) == old
        elif usable(folder) == "new":
            assert items(folder) in (old, new)
    restored(archive, key, place(folder), replace=True)
    assert kills > 0
    assert usable(folder) == "new" and items(folder) == new
    assert not (folder / "restore").exists()


def usable(folder: Path) -> str:
    """Return what a start would find: the old or new data, or a restore that it tells to repeat."""
    if is_restore_unfinished(folder):
        with pytest.raises(StartError, match="run the same `api-dashboard restore` command"):
            open_data_folder(folder)
        return "to be finished"
    if not (folder / "database.db").exists():
        return "old"
    open_data_folder(folder).close()
    return "new" if items(folder) else "old"


def drop_log(folder: Path) -> None:
    import sqlite3

    with sqlite3.connect(folder / "database.db") as database:
        database.execute("DELETE FROM \"api-dashboard\" WHERE sk LIKE 'S:LOG#%'")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def dying(function: Callable[..., Any], at: int) -> Callable[..., Any]:
    """Return the function, whose call number `at` and all later ones do nothing but end."""
    calls: Iterator[int] = iter(range(1_000_000))

    def call(*arguments: Any, **options: Any) -> Any:
        if next(calls) >= at:
            raise Killed
        return function(*arguments, **options)

    return call
