"""The temporary folder of a run: private, and gone at the end."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from api.cli.errors import CliError
from api.cli.running.private_folder import PrivateFolder


def test_a_file_is_for_the_user_only_and_gone_at_the_end(tmp_path: Path) -> None:
    folder = PrivateFolder(tmp_path)
    assert list(tmp_path.iterdir()) == []
    file = folder.write("settings.json", "{}")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    folder.close()
    folder.close()
    assert list(tmp_path.iterdir()) == []


def test_two_folders_do_not_disturb_each_other(tmp_path: Path) -> None:
    first, second = PrivateFolder(tmp_path), PrivateFolder(tmp_path)
    files = [folder.write("a", str(number)) for number, folder in enumerate((first, second))]
    first.close()
    assert files[1].read_text() == "1"
    second.close()


def test_the_folder_of_a_killed_process_is_removed_by_the_next(tmp_path: Path) -> None:
    killed = PrivateFolder(tmp_path)
    left = killed.write("token", "apd_").parent
    # A process that is killed loses its lock.
    os.close(killed._lock)  # type: ignore[arg-type]
    foreign = tmp_path / "api-dashboard-run-link"
    foreign.symlink_to(tmp_path.parent)
    following = PrivateFolder(tmp_path)
    following.write("token", "apd_")
    assert not left.exists()
    assert tmp_path.parent.exists()
    following.close()


def test_a_stand_in_leaves_the_real_folder_as_it_is(tmp_path: Path) -> None:
    real = tmp_path / "real"
    (real / "sessions").mkdir(parents=True)
    (real / "keys.json").write_text("real")
    (real / "state").write_text("old")
    folder = PrivateFolder(tmp_path)
    path = folder.stand_in("own", real, "keys.json")
    folder.write("own/keys.json", "token")
    assert sorted(each.name for each in path.iterdir()) == ["keys.json", "sessions", "state"]
    # As programs do that write atomically.
    (path / "part").write_text("new")
    (path / "part").replace(path / "state")
    (path / "fresh").mkdir()
    folder.close()
    assert (real / "keys.json").read_text() == "real"
    assert (real / "state").read_text() == "new"
    assert sorted(each.name for each in real.iterdir()) == [
        "fresh", "keys.json", "sessions", "state",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(errno.ENOSPC, "The disk is full"), (errno.EACCES, "set TMPDIR to a folder")],
)
def test_trouble_with_the_disk_is_one_sentence(
    number: int, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> int:
        raise OSError(number, os.strerror(number))

    folder = PrivateFolder(tmp_path)
    assert folder.path.exists()
    monkeypatch.setattr(os, "open", fail)
    with pytest.raises(CliError, match=sentence):
        folder.write("a", "b")
    monkeypatch.undo()
    folder.close()
    with pytest.raises(CliError, match="none"):
        PrivateFolder(tmp_path / "none").write("a", "b")
