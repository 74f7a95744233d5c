"""Backups in files of this machine."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from api.operations.archive.files import open_input, open_output
from api.operations.errors import OperationError


def test_a_file_appears_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    target = tmp_path / "a.backup"
    output = open_output(str(target))
    output.write(b"one")
    assert not target.exists()
    output.write(b"two")
    output.commit()
    output.discard()
    assert target.read_bytes() == b"onetwo"
    assert target.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["a.backup"]


def test_what_is_discarded_leaves_nothing(tmp_path: Path) -> None:
    output = open_output(str(tmp_path / "a.backup"))
    output.write(b"one")
    output.discard()
    output.discard()
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_replaced_only_if_asked(tmp_path: Path) -> None:
    target = tmp_path / "a.backup"
    target.write_bytes(b"old")
    with pytest.raises(OperationError, match="already exists: name another"):
        open_output(str(target))
    output = open_output(str(target), replace=True)
    output.write(b"new")
    assert target.read_bytes() == b"old"
    output.commit()
    assert target.read_bytes() == b"new"


def test_a_file_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "a.backup"
    output = open_output(str(target))
    target.write_bytes(b"other")
    with pytest.raises(OperationError, match="already exists"):
        output.commit()
    output.discard()
    assert target.read_bytes() == b"other"
    assert [path.name for path in tmp_path.iterdir()] == ["a.backup"]


def test_a_file_system_without_links_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    output = open_output(str(tmp_path / "a.backup"))
    output.write(b"one")
    output.commit()
    assert [path.name for path in tmp_path.iterdir()] == ["a.backup"]


def test_a_part_that_a_killed_process_left_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / "a.backup.part").write_bytes(b"left by another" * 100)
    output = open_output(str(tmp_path / "a.backup"))
    output.write(b"one")
    output.commit()
    assert (tmp_path / "a.backup").read_bytes() == b"one"


def test_two_backups_at_once_do_not_share_a_file(tmp_path: Path) -> None:
    output = open_output(str(tmp_path / "a.backup"))
    with pytest.raises(OperationError, match="Another backup is being written"):
        open_output(str(tmp_path / "a.backup"))
    output.write(b"one")
    output.commit()


def test_a_link_in_the_place_of_the_part_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"kept")
    (tmp_path / "a.backup.part").symlink_to(tmp_path / "kept")
    with pytest.raises(OperationError, match="cannot be written"):
        open_output(str(tmp_path / "a.backup"))
    (tmp_path / "a.backup.part").unlink()
    os.link(tmp_path / "kept", tmp_path / "a.backup.part")
    with pytest.raises(OperationError, match="is in the way: remove it"):
        open_output(str(tmp_path / "a.backup"))
    assert (tmp_path / "kept").read_bytes() == b"kept"


def test_a_full_disk_is_one_sentence_with_the_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = open_output(str(tmp_path / "a.backup"))
    output.write(bytes(2_500_000))

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(OperationError, match=r"disk is full after 2\.5 MB .*: free more"):
            output.write(b"more")
    output.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("", "names no file"),
        (".", "names no file"),
        ("folder", "is a folder: name a file in it"),
        ("missing/a.backup", "There is no folder .*missing: create it"),
        ("file/a.backup", "There is no folder"),
        ("x" * 300, "cannot be written, file name too long"),
    ],
)
def test_impossible_targets_are_refused(
    target: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(OperationError, match=message):
        open_output(target)


def test_no_device_is_replaced() -> None:
    with pytest.raises(OperationError, match="is no ordinary file"):
        open_output("/dev/null", replace=True)


def test_a_file_is_read_as_often_as_asked(tmp_path: Path) -> None:
    (tmp_path / "a.backup").write_bytes(b"content")
    source = open_input(str(tmp_path / "a.backup"))
    assert source.size == 7
    for _ in range(2):
        with source.open() as stream:
            assert stream.read(100) == b"content"
            assert stream.read(100) == b""


@pytest.mark.parametrize("other", [b"longer content", b"changed"])
def test_s52_a_file_that_changes_between_passes_is_refused(tmp_path: Path, other: bytes) -> None:
    path = tmp_path / "a.backup"
    path.write_bytes(b"content")
    os.utime(path, (1, 1))
    source = open_input(str(path))
    path.write_bytes(other)
    with pytest.raises(OperationError, match="was changed while it was read"), source.open():
        pass


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("missing", "There is no file missing: check the path"),
        (".", "is a folder"),
        ("/dev/null", "is no ordinary file"),
    ],
)
def test_impossible_sources_are_refused(
    source: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OperationError, match=message):
        open_input(source)
