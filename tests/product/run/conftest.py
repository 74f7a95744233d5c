"""Fixtures of the tests of `api-dashboard run`: a user with keys, signed in on the command line."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api.cli.main import main
from tests.support.accounts import PASSWORD, Account
from tests.support.clients import HttpClient
from tests.support.upstream import Upstream

ROOT = Path(__file__).resolve().parents[3]
REAL_KEY = "sk-proj-" + "Zk3vQ9xLw7TbN2mYr8Hd" + "c5JfUa1PsGe6Vo4Xi0KtBqRz"
REPORT = "import json, os, sys; json.dump([dict(os.environ), sys.argv[1:]], open(sys.argv[1], 'w'))"


class CommandLine(msgspec.Struct, frozen=True):
    """The command line of a user: an environment and a home folder of its own."""

    account: Account
    variables: dict[str, str]
    home: Path

    def arguments(self, *arguments: str) -> list[str]:
        """Return the arguments of a process of the command line."""
        code = "import sys; from api.cli.main import main; sys.exit(main())"
        return [sys.executable, "-c", code, *arguments]

    def start(self, *arguments: str, **more: Any) -> subprocess.Popen[str]:
        """Start a command without waiting for its end."""
        variables = {**self.variables, **more.pop("env", {})}
        return subprocess.Popen(
            self.arguments(*arguments),
            env=variables,
            cwd=more.pop("cwd", self.home),
            text=True,
            stdin=more.pop("stdin", subprocess.DEVNULL),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **more,
        )

    def call(self, *arguments: str, **more: Any) -> tuple[int, str, str]:
        """Run a command and return its exit code, standard output and standard error."""
        process = self.start(*arguments, **more)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def environment_of(self, *arguments: str, **more: Any) -> dict[str, str]:
        """Return the environment of a command that `run` starts with these options."""
        file = self.home / f"{secrets.token_hex(4)}.json"
        python = (sys.executable, "-c", REPORT, str(file))
        code, _, err = self.call("run", *arguments, "--", *python, **more)
        assert code == 0, err
        variables: dict[str, str] = msgspec.json.decode(file.read_bytes())[0]
        return variables

    def tokens(self) -> list[dict[str, Any]]:
        """Return the account's tokens."""
        items: list[dict[str, Any]] = self.account.call("GET", "/api/tokens").json["items"]
        return items

    def temporary(self) -> list[str]:
        """Return what is left in the folder for temporary files."""
        return sorted(os.listdir(self.home / "tmp"))


@pytest.fixture(scope="module")
def owner(server: HttpClient, upstream_server: Upstream) -> Account:
    """A user with keys of OpenAI, Anthropic, Groq and an API of their own."""
    account = Account(server)
    place = upstream_server.place(secrets.token_hex(6))
    for slug in ("openai", "anthropic", "groq"):
        account.key(place, provider=slug, api_name=slug)
    account.key(place)
    return account


@pytest.fixture(scope="module")
def config(owner: Account, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration folder with the login of `owner`."""
    folder = tmp_path_factory.mktemp("login")
    sign_in(command_line_in(owner, folder, folder / "config"))
    return folder / "config"


@pytest.fixture
def command_line(owner: Account, config: Path, tmp_path: Path) -> Iterator[CommandLine]:
    """The command line of `owner`, signed in. Fails if a run left a token or a file."""
    owner.renew()
    signed_in = command_line_in(owner, tmp_path, config)
    yield signed_in
    assert signed_in.tokens() == []
    assert signed_in.temporary() == []


def command_line_in(account: Account, home: Path, config: Path) -> CommandLine:
    """Return the command line of a user with this home and configuration folder."""
    (home / "tmp").mkdir(exist_ok=True)
    variables = {
        "PATH": f"{home}/bin:{os.environ['PATH']}",
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(home / "tmp"),
        "API_DASHBOARD_CONFIG": str(config),
    }
    return CommandLine(account, variables, home)


def sign_in(command_line: CommandLine) -> None:
    """Sign in on the command line."""
    account = command_line.account
    options = ("--username", account.username, "--password-stdin")
    process = command_line.start("login", account.client.url, *options, stdin=subprocess.PIPE)
    _, err = process.communicate(f"{PASSWORD}\n", timeout=60)
    assert process.returncode == 0, err


@pytest.fixture
def in_process(
    command_line: CommandLine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run a command of the command line in this process, which takes less time."""

    def call(*arguments: str, **variables: str) -> tuple[int, str, str]:
        for name, value in {**command_line.variables, **variables}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(command_line.home)
        code = main(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def install(command_line: CommandLine) -> Callable[[str], Path]:
    """Install a command that writes its arguments and environment to a file, which is returned."""

    def install_command(name: str) -> Path:
        folder = command_line.home / "bin"
        folder.mkdir(exist_ok=True)
        report = command_line.home / f"{name}.json"
        script = folder / name
        code = (
            "import json, os, sys\n"
            "files = {a: open(a).read() for a in sys.argv[1:] if os.path.isfile(a)}\n"
            f"json.dump([dict(os.environ), sys.argv[1:], files], open({str(report)!r}, 'w'))\n"
        )
        script.write_text(f"#!{sys.executable}\n{code}")
        script.chmod(0o700)
        return report

    return install_command
