"""Questions at the terminal, and secrets from standard input. Secrets are never arguments."""

from __future__ import annotations

import sys

import click

from api.cli.errors import USAGE, CliError
from api.secret import Secret

# Passwords and keys are shorter.
_LONGEST_INPUT = 1_000_000


def is_interactive() -> bool:
    """Return whether a person can answer questions: standard input is a terminal."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask(question: str, default: str | None = None, *, instead: str) -> str:
    """Ask for a text. `instead` says what to do without a terminal."""
    _require_terminal(question, instead)
    return str(click.prompt(question, default=default, err=True))


def ask_secret(question: str, *, instead: str) -> Secret:
    """Ask for a secret without showing it. `instead` says what to do without a terminal."""
    _require_terminal(question, instead)
    return Secret(str(click.prompt(question, hide_input=True, err=True)))


def confirm(question: str) -> bool:
    """Ask a question that is answered with yes or no. No is the default."""
    _require_terminal(question, "add --yes")
    return bool(click.confirm(question, default=False, err=True))


def read_lines() -> list[str]:
    """Return the lines of standard input without line ends. Raises CliError if it is not UTF-8."""
    try:
        content = b"" if sys.stdin is None else sys.stdin.buffer.read(_LONGEST_INPUT + 1)
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CliError("Standard input is not UTF-8 text: pass the secret as text.") from error
    if len(text) > _LONGEST_INPUT:
        raise CliError("Standard input has more than 1 MB: pass only the secret.", USAGE)
    return text.splitlines()


def read_line(what: str) -> Secret:
    """Return the only line of standard input. `what` says in errors what it should be.

    Raises CliError.
    """
    lines = read_lines()
    if len(lines) != 1 or not lines[0]:
        raise CliError(
            f"Standard input must have one line, the {what}: pass it with `< FILE` or a pipe.",
            USAGE,
        )
    return Secret(lines[0])


def _require_terminal(question: str, instead: str) -> None:
    if not is_interactive():
        raise CliError(f'Cannot ask "{question}" without a terminal: {instead}.', USAGE)
