"""Moves between a data folder and tables: everything arrives, and a kill loses nothing."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from api.errors import StartError
from api.local.data_folder import open_data_folder
from api.operations.errors import OperationError
from api.operations.move import identity_of, move, plan_move
from api.operations.move_sources import source_end
from api.operations.move_targets import target_end
from api.storage.operation_marks import OperationMark, mark_item, mark_key
from tests.product.operations.conftest import Aws, Installation, folder, moved, plain, silent
from tests.support.machine import ROOT, Machine


def test_everything_arrives_and_tokens_stay_valid(
    original: Installation, data: Path, tmp_path: Path, aws: Aws
) -> None:
    table = aws.table()
    before = plain(folder(data))
    done = moved(folder(data), table)
    assert plain(table) == before
    assert (done.counts.users, done.counts.keys, done.counts.tokens) == (1, 1, 1)
    assert done.counts.log_entries == 2
    assert done.unreadable == 0
    secrets_there = table.secrets()
    assert secrets_there.signing.reveal() == folder(data).secrets().signing.reveal()
    keys = ",".join(key.reveal() for key in secrets_there.encryption)
    assert keys not in (data / "secrets.env").read_text()
    served = Machine(
        tmp_path,
        API_DASHBOARD_WORKERS="1",
        AWS_ENDPOINT_URL_DYNAMODB=aws.endpoint,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        DYNAMODB_TABLE=table.table_name,
        JWT_SECRET_KEY=secrets_there.signing.reveal(),
        FERNET_KEYS=keys,
        **original.allowed,
    )
    original.requires_a_token(served)

    back = tmp_path / "back" / "data"
    back.parent.mkdir()
    moved(table, folder(back))
    machine = Machine(back.parent, API_DASHBOARD_WORKERS="1", **original.allowed)
    original.requires_a_token(machine)
    with folder(back).snapshot() as items:
        assert sum(item["SK"]["S"].startswith("LOG#") for item in items) == 4


@pytest.mark.parametrize("region", ["us-east-2", "eu-west-1"])
def test_a_table_moves_to_another_one_and_region(
    original: Installation, data: Path, tmp_path: Path, aws: Aws, region: str
) -> None:
    first, second = aws.table(), aws.table(region)
    moved(folder(data), first)
    before = plain(first)
    moved(first, second)
    assert plain(second) == before
    assert second.secrets().signing.reveal() == first.secrets().signing.reveal()
    assert second.secrets().encryption != first.secrets().encryption
    back = tmp_path / "back" / "data"
    back.parent.mkdir()
    moved(second, folder(back))
    original.requires_a_token(Machine(back.parent, API_DASHBOARD_WORKERS="1", **original.allowed))


def test_the_source_stays_closed_until_it_is_reopened(
    original: Installation, data: Path, tmp_path: Path, aws: Aws
) -> None:
    table = aws.table()
    moved(folder(data), table)
    started = subprocess.run(
        [sys.executable, "-m", "api", "serve"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "API_DASHBOARD_DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 1
    assert f"moved to the table {table.table_name}" in started.stderr
    assert f"api-dashboard reopen {data}" in started.stderr
    source_end(folder(data)).reopen()
    original.requires_a_token(Machine(tmp_path, API_DASHBOARD_WORKERS="1", **original.allowed))


def test_a_repeated_move_to_a_deleted_target_is_refused(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "my target"
    moved(folder(data), folder(target))
    shutil.rmtree(target)
    with pytest.raises(OperationError, match=r"there is no account: .* `api-dashboard reopen`"):
        moved(folder(data), folder(target))
    assert not target.exists()
    renamed = data.rename(tmp_path / "my data")
    with pytest.raises(StartError, match=re.escape(f"`api-dashboard reopen '{renamed}'`")):
        open_data_folder(renamed)
    renamed.rename(data)
    source_end(folder(data)).reopen()
    moved(folder(data), folder(target))
    assert plain(folder(target)) == plain(folder(data))


def test_a_plan_counts_and_writes_nothing(data: Path, aws: Aws) -> None:
    table = aws.table()
    plan = plan_move(source_end(folder(data)), target_end(table))
    counts = plan.counts
    assert plan.in_target.users == 0
    assert (counts.users, counts.keys, counts.tokens, counts.log_entries) == (1, 1, 1, 2)
    assert plain(table) == []


def test_a_target_with_data_is_refused(data: Path, tmp_path: Path, aws: Aws) -> None:
    table = aws.table()
    moved(folder(data), table)
    source_end(folder(data)).reopen()
    for target in (table, folder(data)):
        before = plain(target)
        with pytest.raises(Exception, match=r"There is data in .*: move to an empty place"):
            move(source_end(table), target_end(target), silent)
        assert plain(target) == before


def run_killed(step: int, aws: Aws, *arguments: str) -> int:
    """Run a command that is killed at a step. Return its exit code, -9 if it was killed."""
    return subprocess.run(
        [sys.executable, "-m", "tests.product.operations.killed", str(step), *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **aws.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    ).returncode


@pytest.mark.parametrize("step", range(2, 22, 2))
def test_a_killed_move_to_a_table_is_finished_by_the_same_command(
    data: Path, aws: Aws, step: int
) -> None:
    table, source = aws.table(), folder(data)
    before = plain(source)
    secret = source.secrets().signing.reveal()
    command = ["move", "--from", str(data), "--to", f"table:{table.table_name}"]
    killed = run_killed(step, aws, *command)
    assert killed in (-signal.SIGKILL, 0)
    if killed == 0:
        assert step > 10, "the move has fewer steps than were expected"
    elif not (data / "moved").exists():
        # The source can still be used, and the target cannot be mistaken for a whole one.
        assert plain(source) == before
    if killed:
        assert run_killed(10**6, aws, *command) == 0
    assert plain(table) == before
    assert list(table.read([mark_key()])) == []
    assert table.secrets().signing.reveal() == secret


@pytest.mark.parametrize("step", range(2, 22, 4))
def test_a_killed_move_to_a_folder_is_finished_by_the_same_command(
    data: Path, tmp_path: Path, aws: Aws, step: int
) -> None:
    table, target = aws.table(), tmp_path / "target"
    moved(folder(data), table)
    before = plain(table)
    command = ["move", "--from", f"table:{table.table_name}", "--to", str(target)]
    command.append("--writes-are-stopped")
    killed = run_killed(step, aws, *command)
    assert killed in (-signal.SIGKILL, 0)
    assert plain(table) == before
    if killed:
        run_killed(10**6, aws, *command)
    assert plain(folder(target)) == before
    assert not (target / "restore").exists()


def test_the_mark_of_another_move_is_respected(data: Path, aws: Aws) -> None:
    table = aws.table()
    identity = identity_of(source_end(folder(data)), folder(data).secrets())
    table.write([mark_item(OperationMark("move", "another", 0))])
    with pytest.raises(Exception, match=r"another move to the table .* is not finished"):
        moved(folder(data), table)
    table.write([mark_item(OperationMark("move", identity, 0))])
    moved(folder(data), table)
    assert list(table.read([mark_key()])) == []
