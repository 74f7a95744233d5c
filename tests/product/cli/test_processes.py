"""The command line as a process: terminal, pipes, signals, what it imports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.accounts import PASSWORD, Account
from tests.support.command_line import CommandLine
from tests.support.terminal import run_at_terminal

HEAVY = ("asyncio", "flask", "gevent", "gunicorn", "http.client", "jwt", "ssl", "werkzeug")


def environment(config: Path, **more: str) -> dict[str, str]:
    """Return the environment of a command."""
    return {"PATH": os.environ["PATH"], "API_DASHBOARD_CONFIG": str(config), **more}


def at_terminal(config: Path, *arguments: str, typed: list[tuple[bytes, bytes]]) -> tuple[int, str]:
    """Run a command at a terminal. Return its exit code and what the terminal showed."""
    command = [sys.executable, "-m", "api", *arguments]
    return run_at_terminal(command, environment(config, TERM="xterm"), typed)


def test_a_password_at_a_terminal_is_not_shown(tmp_path: Path, owner: Account) -> None:
    exit_code, shown = at_terminal(
        tmp_path, "login", owner.client.url,
        typed=[(b"Username: ", f"{owner.username}\n".encode()),
               (b"Password: ", f"{PASSWORD}\n".encode())],
    )  # fmt: skip
    assert exit_code == 0, shown
    assert "Signed in" in shown and PASSWORD not in shown
    assert len(list((tmp_path / "logins").glob("*.json"))) == 1


@pytest.mark.parametrize("key", [b"\x03", b"\x04"], ids=["ctrl-c", "ctrl-d"])
def test_an_interrupted_question_changes_nothing(
    tmp_path: Path, owner: Account, key: bytes
) -> None:
    exit_code, shown = at_terminal(
        tmp_path, "login", owner.client.url, "--username", "ada", typed=[(b"Password: ", key)]
    )
    assert exit_code == 130
    assert "Traceback" not in shown
    assert list(tmp_path.rglob("*.json")) == []


def test_a_closed_pipe_is_quiet(run: CommandLine, owner: Account) -> None:
    run.login(owner)
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "api", "status", "--json"], cwd=ROOT, stdout=write,
        stderr=subprocess.PIPE, env=environment(run.config), check=False, timeout=60,
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_full_disk_for_the_output_is_one_sentence(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "api", "completion", "fish"], cwd=ROOT, stdout=full,
            stderr=subprocess.PIPE, env=environment(tmp_path), check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(b"Error: The output cannot be written")
    assert done.stderr.count(b"\n") == 1


def test_the_start_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom api.cli.main import main\n"
        f"main(['version'])\nmain(['--help'])\nprint({HEAVY} & sys.modules.keys())"
    ).replace(str(HEAVY), str(set(HEAVY)))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(tmp_path), check=True, timeout=60,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "set()"


def test_the_shell_completes_commands_and_providers(tmp_path: Path) -> None:
    found = {}
    for words in ("to", "keys add opena", "login --pass"):
        done = subprocess.run(
            [sys.executable, "-m", "api"], cwd=ROOT, check=True, timeout=60, capture_output=True,
            text=True,
            env=environment(
                tmp_path, _API_DASHBOARD_COMPLETE="bash_complete",
                COMP_WORDS=f"api-dashboard {words}", COMP_CWORD=str(len(words.split())),
            ),
        )  # fmt: skip
        found[words] = done.stdout.split()
    assert found == {
        "to": ["plain,tokens"],
        "keys add opena": ["plain,openai"],
        "login --pass": ["plain,--password-stdin"],
    }
