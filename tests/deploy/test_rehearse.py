"""`make rehearse` prints the stack's URLs, runs until stopped and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.clients import StackClient
from tests.deploy.project import ROOT
from tests.support.accounts import Account


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A starting rehearsal with its own folder for temporary files."""
    command = [sys.executable, "-m", "tools.rehearse"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.terminate()


def read_until(rehearsal: subprocess.Popen[str], start: str) -> str:
    """Return the output up to the first line that begins with `start`."""
    printed = ""
    for line in rehearsal.stdout or ():
        printed += line
        if line.startswith(start):
            return printed
    raise AssertionError(printed)


def stop(rehearsal: subprocess.Popen[str], folder: Path, by: signal.Signals = signal.SIGINT) -> str:
    """Stop it as Ctrl-C does, check that no resource, process or file is left, and return its last
    output.
    """
    rehearsal.send_signal(by)
    printed, _ = rehearsal.communicate(timeout=300)
    assert printed.rstrip().endswith("Nothing is left.")
    assert rehearsal.returncode == 0
    assert list(folder.iterdir()) == []
    assert [
        entry for entry in Path("/proc").glob("[0-9]*/environ") if mentions(entry, folder)
    ] == []
    return printed


def mentions(environment: Path, folder: Path) -> bool:
    """Return whether a process's environment names a folder."""
    try:
        return str(folder).encode() in environment.read_bytes()
    except OSError:
        return False


def test_it_prints_working_addresses_and_leaves_nothing_behind(
    rehearsal: subprocess.Popen[str], tmp_path: Path
) -> None:
    printed = read_until(rehearsal, "Press Ctrl-C")
    pages = re.search(r"Dashboard +http://([^/]+\.localhost):(\d+)/", printed)
    calls = re.search(r"HTTP API +http://([^/]+\.localhost):(\d+)/api/status", printed)
    assert pages and calls, printed
    port = int(pages[2])
    assert StackClient(port, f"{pages[1]}:{port}").request("GET", "/").status == 200
    client = StackClient(port, f"{calls[1]}:{port}")
    assert client.call("GET", "/api/status").status == 200
    Account(client)
    last = stop(rehearsal, tmp_path)
    assert "Contents  1 accounts" in last
    assert "Restored 1 accounts" in last and "to the stack restored" in last


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_it_leaves_nothing_behind_when_stopped_while_deploying(
    rehearsal: subprocess.Popen[str], tmp_path: Path, by: signal.Signals
) -> None:
    read_until(rehearsal, "Deploying the stack")
    stop(rehearsal, tmp_path, by)


def test_it_leaves_nothing_behind_when_stopped_in_the_middle_of_deploying(
    rehearsal: subprocess.Popen[str], tmp_path: Path
) -> None:
    read_until(rehearsal, "Deploying the stack")
    deadline = time.monotonic() + 120
    while not begun(tmp_path):
        assert rehearsal.poll() is None
        assert time.monotonic() < deadline, "no resource was created"
        time.sleep(0.001)
    stop(rehearsal, tmp_path)


def begun(folder: Path) -> bool:
    """Return whether the stack's state contains an AWS resource."""
    for file in folder.glob("rehearsal-*/stack/**/*.json"):
        with contextlib.suppress(OSError):
            if re.search(rb'"aws:\w+/\w+:\w+"', file.read_bytes()):
                return True
    return False
