"""The command line in this process: arguments and standard input in, exit code and output out."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.cli.main import main
from tests.support.accounts import PASSWORD, Account


@dataclass
class Ran:
    """What a command did."""

    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


class _Input(io.TextIOWrapper):
    """Standard input. With `is_terminal`, people answer questions at it."""

    def __init__(self, content: bytes, is_terminal: bool) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8")
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


class CommandLine:
    """Runs commands with a folder of saved logins of their own."""

    def __init__(self, config: Path, patch: pytest.MonkeyPatch) -> None:
        self.config = config
        self._patch = patch
        patch.setenv("API_DASHBOARD_CONFIG", str(config))
        for name in ("API_DASHBOARD_SERVER", "SSL_CERT_FILE", "BROWSER", "DISPLAY"):
            patch.delenv(name, raising=False)

    def __call__(
        self, *arguments: str, stdin: str | bytes = b"", answers: Sequence[str] | None = None
    ) -> Ran:
        """Run a command. `answers` are typed at a terminal, in place of `stdin`.

        Fails if the command asks for more.
        """
        content = stdin.encode() if isinstance(stdin, str) else stdin
        left = iter(answers or ())
        for prompt in ("visible_prompt_func", "hidden_prompt_func"):
            self._patch.setattr(f"click.termui.{prompt}", lambda _text: next(left))
        self._patch.setattr("sys.stdin", _Input(content, answers is not None))
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            exit_code = main(arguments)
        assert list(left) == [], "the command asked for less"
        return Ran(exit_code, out.getvalue(), err.getvalue())

    def login(self, account: Account, *arguments: str) -> Ran:
        """Sign in to the account's server."""
        ran = self(
            "login", account.client.url, "--username", account.username, "--password-stdin",
            *arguments, stdin=PASSWORD,
        )  # fmt: skip
        assert ran.exit_code == 0, ran.err
        return ran

    def saved(self) -> list[dict[str, Any]]:
        """Return the contents of the files of all logins."""
        return [json.loads(path.read_bytes()) for path in self.paths()]

    def paths(self) -> list[Path]:
        """Return the files of all logins."""
        return sorted((self.config / "logins").glob("*.json"))


def failed(ran: Ran, exit_code: int, *texts: str) -> None:
    """Assert that a command failed with one line on standard error that has these texts."""
    assert ran.exit_code == exit_code, (ran.exit_code, ran.out, ran.err)
    assert ran.err.startswith("Error: "), ran.err
    assert ran.err.count("\n") == 1, ran.err
    for text in texts:
        assert text in ran.err, ran.err
