"""The commands `backup`, `restore` and `recovery-key` as a user runs them."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from api.local.data_folder import open_data_folder
from api.operations.archive.files import open_output
from api.operations.archive.locks import Locks
from api.operations.archive.records import About
from api.operations.archive.recovery_keys import RecoveryKey
from api.operations.archive.writer import ArchiveWriter
from api.operations.items import ItemCounts
from api.operations.places.folder import FolderPlace
from api.settings import Settings
from api.storage.data_format import DATA_FORMAT
from tests.product.backups.helpers import WAITING, Command
from tests.support.machine import ROOT, until


@pytest.fixture
def archive(tmp_path: Path, data: Path, key: RecoveryKey, command: Command) -> Path:
    """A backup of the data folder."""
    file = tmp_path / "the.backup"
    done = command(
        "backup", file, "--data", data, "--recipient", key.public_text,
        API_DASHBOARD_BACKUP_PASSPHRASE="",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return file


def failed(done: subprocess.CompletedProcess[str], code: int = 1) -> str:
    """Return the sentence of a failed command."""
    assert done.returncode == code, (done.stdout, done.stderr)
    assert done.stdout == "" and done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("Error: ") and done.stderr.endswith(".\n")
    return done.stderr


def test_a_backup_prints_its_size_contents_and_digest(
    tmp_path: Path, data: Path, key: RecoveryKey, command: Command
) -> None:
    arguments = ("--data", data, "--recipient", key.public_text, "--json")
    done = command("backup", tmp_path / "a.backup", *arguments)
    document = json.loads(done.stdout)
    content = (tmp_path / "a.backup").read_bytes()
    assert document["sha256"] == hashlib.sha256(content).hexdigest()
    assert document["bytes"] == len(content)
    assert document["items"]["keys"] == 2 and document["items"]["log_entries"] == 2
    assert done.stderr == ""
    verified = command("backup", "--verify", tmp_path / "a.backup", "--json")
    assert json.loads(verified.stdout) | {"seconds": 0} == document | {"seconds": 0}
    (tmp_path / "folder").mkdir()
    quiet = command("backup", tmp_path / "folder", *arguments[:-1], "--quiet")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
    assert [path.suffix for path in (tmp_path / "folder").iterdir()] == [".backup"]
    assert "already exists" in failed(command("backup", tmp_path / "a.backup", *arguments))
    for missing in (f"{tmp_path}/none/", f"{tmp_path}/none/a.backup", "-"):
        assert "name" in failed(command("backup", missing, *arguments))


def test_a_new_recovery_key_is_printed_once_and_opens_the_backup(
    tmp_path: Path, data: Path, command: Command
) -> None:
    file = tmp_path / "a.backup"
    made = command(
        "backup", file, "--data", data, "--recovery-key", API_DASHBOARD_BACKUP_PASSPHRASE=""
    )
    (secret,) = [line for line in made.stderr.splitlines() if line.startswith("apdr_")]
    assert "keep it in a safe place, not beside the backup" in made.stderr
    assert secret not in made.stdout and secret.encode() not in file.read_bytes()
    opened = command("backup", "--verify", file, API_DASHBOARD_BACKUP_PASSPHRASE=secret)
    assert opened.returncode == 0, opened.stderr


@pytest.mark.parametrize("passphrase", ["another passphrase", "", "short"])
def test_a_wrong_or_missing_key_is_refused(
    tmp_path: Path, archive: Path, command: Command, passphrase: str
) -> None:
    new = tmp_path / "new"
    done = command("restore", archive, "--data", new, API_DASHBOARD_BACKUP_PASSPHRASE=passphrase)
    assert "recovery key" in failed(done, 1 if passphrase else 2)
    assert not new.exists()


def test_a_short_passphrase_is_refused_for_a_new_backup(
    tmp_path: Path, data: Path, command: Command
) -> None:
    file = tmp_path / "a.backup"
    done = command("backup", file, "--data", data, API_DASHBOARD_BACKUP_PASSPHRASE="x" * 11)
    assert "at least 12 characters" in failed(done, 2)
    done = command("backup", file, "--data", data, API_DASHBOARD_BACKUP_PASSPHRASE="")
    assert "add --passphrase-file FILE or --recipient" in failed(done, 2)
    assert not file.exists()


@pytest.mark.parametrize("position", [0, 40, 200, -200, -1])
def test_an_altered_backup_is_refused_before_anything_is_written(
    data: Path, archive: Path, command: Command, position: int
) -> None:
    content = bytearray(archive.read_bytes())
    content[position] ^= 1
    archive.write_bytes(content)
    before = {path: path.read_bytes() for path in data.iterdir() if path.is_file()}
    assert str(archive) in failed(command("restore", archive, "--data", data, "--replace"))
    assert {path: path.read_bytes() for path in before} == before
    assert not (data / "restore").exists()


@pytest.mark.parametrize("content", [b"", b"PK\3\4 something else", b"text"])
def test_a_truncated_and_a_foreign_file_are_refused(
    tmp_path: Path, archive: Path, command: Command, content: bytes
) -> None:
    new = tmp_path / "new"
    (tmp_path / "foreign").write_bytes(content)
    assert "foreign" in failed(command("restore", tmp_path / "foreign", "--data", new))
    archive.write_bytes(archive.read_bytes()[:-20])
    assert "its end is missing" in failed(command("restore", archive, "--data", new))
    assert not new.exists()


def test_data_of_a_newer_version_is_refused(
    tmp_path: Path, data: Path, archive: Path, key: RecoveryKey, command: Command
) -> None:
    place = FolderPlace(Settings(data=data))
    from datetime import UTC, datetime

    about = About(DATA_FORMAT + 1, product="9.0", created_at=datetime.now(UTC), source="x")
    output = open_output(str(tmp_path / "newer.backup"))
    with ArchiveWriter(output, Locks(recovery_keys=(key.public,)), about) as writer:
        writer.add_secrets(place.secrets())
        writer.finish(ItemCounts())
    new = tmp_path / "new"
    done = command("restore", tmp_path / "newer.backup", "--data", new)
    assert "API Dashboard 9.0" in failed(done)
    assert not new.exists()


def test_a_folder_with_data_or_a_running_server_is_refused(
    data: Path, archive: Path, command: Command
) -> None:
    before = (data / "database.db").read_bytes()
    assert "add --replace" in failed(command("restore", archive, "--data", data))
    assert "add --replace" in failed(command("restore", archive, "--data", data, "--dry-run"))
    with open_data_folder(data):
        done = command("restore", archive, "--data", data, "--replace")
    assert "used by another running API Dashboard: stop that one" in failed(done)
    assert (data / "database.db").read_bytes() == before
    done = command("restore", archive, "--data", data, "--replace")
    assert f"Start the server: api-dashboard serve --data {data}\n" in done.stdout
    assert "Tokens are valid again. Sign in anew" in done.stdout


@pytest.mark.parametrize("limit", [300, 20_000])
def test_a_full_disk_leaves_no_part(
    tmp_path: Path, data: Path, archive: Path, key: RecoveryKey, limit: int
) -> None:
    # The kernel ends a file at this size, as a full disk does.
    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    to_backup = ("backup", tmp_path / "full.backup", "--data", data, "--recipient")
    to_restore = ("restore", archive, "--data", tmp_path / "new")
    command = to_restore if limit > 300 else (*to_backup, key.public_text)
    done = subprocess.run(
        [sys.executable, "-m", "api", *map(str, command)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "API_DASHBOARD_BACKUP_PASSPHRASE": key.secret_text},
        preexec_fn=limited,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1 and done.stderr.splitlines()[-1].startswith("Error: ")
    assert done.stderr.count("Error: ") == 1, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir() if "full" in path.name) == []
    assert not (tmp_path / "new" / "database.db").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_backup_leaves_nothing(
    tmp_path: Path, data: Path, key: RecoveryKey, number: signal.Signals
) -> None:
    target = tmp_path / "a.backup"
    process = subprocess.Popen(
        [*WAITING, "backup", str(target), "--data", str(data), "--recipient", key.public_text],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    # The output has its header.
    until(lambda: is_begun(target))
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130 and "Traceback" not in errors
    assert not target.exists() and not Path(f"{target}.part").exists()


def is_begun(target: Path) -> bool:
    part = Path(f"{target}.part")
    return part.exists() and part.stat().st_size > 0
