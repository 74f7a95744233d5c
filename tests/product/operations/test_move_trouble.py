"""Moves that cannot start or go on are refused with one sentence, and lose nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.operations.errors import OperationError
from api.operations.move import move
from api.operations.move_sources import source_end
from api.operations.move_targets import target_end
from api.operations.places.choose import Place
from tests.product.operations.conftest import Aws, folder, moved, plain, silent
from tests.support.command_line import CommandLine, Ran

Move = Callable[..., Ran]


@pytest.fixture
def attempt(
    data: Path,
    aws: Aws,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Move:
    """Return a function that moves a data folder to a table, with changed arguments."""
    source, table = data, aws.table()
    run = CommandLine(tmp_path / "config", monkeypatch)

    def move(region: str = "us-east-2", start: str | None = None, *more: str) -> Ran:
        begin = start or str(source)
        ran = run("move", "--from", begin, "--to", f"table:{table.table_name}@{region}", *more)
        assert not (source / "moved").exists()
        assert table.is_empty()
        assert ran.err.count("\n") == 1
        return ran

    return move


def test_a_wrong_region(attempt: Move) -> None:
    ran = attempt("eu-west-1")
    assert ran.exit_code == 1
    assert "did not find it" in ran.err and "region" in ran.err


def test_no_folder(attempt: Move, tmp_path: Path) -> None:
    ran = attempt(start=str(tmp_path / "nowhere"))
    assert ran.exit_code == 1
    assert "check the folder" in ran.err


def test_an_unknown_profile(attempt: Move) -> None:
    ran = attempt("us-east-2", None, "--profile", "nobody")
    assert ran.exit_code == 1
    assert "nobody" in ran.err and "~/.aws/config" in ran.err


def test_no_network(attempt: Move, closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", f"http://127.0.0.1:{closed_port}")
    monkeypatch.setattr("api.operations.aws.session._ATTEMPTS", 1)
    ran = attempt()
    assert ran.exit_code == 1
    assert "does not respond" in ran.err


def test_no_credentials(attempt: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    ran = attempt()
    assert ran.exit_code == 1
    assert "credentials" in ran.err


def test_a_move_to_a_full_disk_is_finished_when_there_is_room(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = plain(folder(data))
    disk = tmp_path / "disk"
    disk.mkdir()
    run = CommandLine(tmp_path / "config", monkeypatch)
    command = ("move", "--from", str(data), "--to", str(disk / "data"))
    with mounted(disk, "64k"):
        ran = run(*command)
        assert ran.exit_code == 1
        assert ran.err.count("\n") == 1
        assert "has free space" in ran.err
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        assert run(*command).exit_code == 0
        assert plain(folder(disk / "data")) == before


@contextlib.contextmanager
def mounted(path: Path, size: str) -> Iterator[None]:
    """Mount a file system of this size. Skips the test where that is not allowed."""
    options = ["-t", "tmpfs", "-o", f"size={size}"]
    done = subprocess.run(["mount", *options, "tmpfs", path], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("mounting a file system is not allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def test_the_unfinished_target_of_another_source_is_refused(
    data: Path, tmp_path: Path, aws: Aws
) -> None:
    shutil.copytree(data, tmp_path / "second")
    first, second = source_end(folder(data)), source_end(folder(tmp_path / "second"))
    table = aws.table()
    places: list[Place] = [table, folder(tmp_path / "new")]
    for place in places:

        def fail(*_: object) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            move(first, target_end(place), fail)
        with pytest.raises(OperationError, match="is not finished"):
            move(second, target_end(place), silent)
        assert first.moved_to() is None
        move(first, target_end(place), silent)
        first.reopen()


def test_of_two_moves_at_once_the_first_stops(data: Path, tmp_path: Path, aws: Aws) -> None:
    origin = aws.table()
    moved(folder(data), origin)
    target = aws.table()

    def start_another(*_: object) -> None:
        moved(origin, target)

    with pytest.raises(OperationError, match=r"Another move to .* has started"):
        move(source_end(origin), target_end(target), start_another)
    assert plain(target) == plain(origin)


def test_a_source_that_is_written_all_the_time_is_not_moved(
    data: Path, tmp_path: Path, aws: Aws
) -> None:
    origin = aws.table()
    moved(folder(data), origin)
    target = aws.table()
    with origin.snapshot() as items:
        user = next(item for item in items if item["SK"]["S"] == "PROFILE")
    written = 0

    def write(*_: object) -> None:
        nonlocal written
        written += 1
        origin.write([{**user, "SK": {"S": f"LOG#{written}"}}])

    with pytest.raises(OperationError, match="still changes: stop everything"):
        move(source_end(origin), target_end(target), write)
    move(source_end(origin), target_end(target), silent)
    assert plain(target) == plain(origin)
