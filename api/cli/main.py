"""The command line's entry point: the group of all commands, and what failures print."""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import click

from api import __version__
from api.cli.errors import BROKEN_PIPE, FAILED, INTERRUPTED, OK, USAGE, CliError
from api.cli.output import note
from api.cli.parsing import CliGroup, usage_message
from api.cli.server.platform import require_platform

PROGRAM = "api-dashboard"
DEFAULT = "serve"

# Each command: the module that defines it as `command`, and a line for the list of commands. The
# module is imported only when its command runs.
COMMANDS = {
    "serve": ("serve", "Run the server on this machine (default)."),
    "login": ("login", "Sign in to a server."),
    "logout": ("logout", "Sign out of a server."),
    "keys": ("keys", "Store, list, check and remove keys."),
    "tokens": ("tokens", "Create, list, rotate and revoke personal access tokens."),
    "budgets": ("budgets", "List, set and remove budgets."),
    "run": ("run", "Start a command with a token in place of keys."),
    "agents": ("agents", "List coding agents and editors, or show their settings."),
    "env": ("env", "Import and export .env files."),
    "sessions": ("sessions", "List and end your sign-ins."),
    "audit": ("audit", "Show who did what, from where, and with which outcome."),
    "notifications": ("notifications", "List the targets of notifications, and test them."),
    "status": ("status", "Show quotas, requests and refused keys."),
    "doctor": ("doctor", "Find problems, and say how to fix them."),
    "open": ("open", "Open the dashboard in the browser."),
    "service": ("service", "Run the server in the background, with systemd or launchd."),
    "backup": ("backup", "Write everything to one encrypted file, while the server runs."),
    "restore": ("restore", "Restore a backup."),
    "move": ("move", "Move everything to another machine, stack or region."),
    "reopen": ("reopen", "Use an installation again that a move has closed."),
    "recovery-key": ("recovery_key", "Create a recovery key for backups."),
    "users": ("users", "Help people who cannot sign in (operator)."),
    "rotate-keys": ("rotate_keys", "Encrypt all stored secrets with the newest key."),
    "completion": ("completion", "Print the completion script of a shell."),
    "version": ("version", "Show the versions of the command line and of the server."),
}


class LazyGroup(CliGroup):
    """A group that imports a command when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None if there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"api.cli.commands.{COMMANDS[cmd_name][0]}")
        return cast(click.Command, module.command)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command of the arguments, and return what it returns."""
        try:
            result: object = super().invoke(ctx)
            if sys.stdout is not None:  # A caller may have closed it.
                sys.stdout.flush()
            return result
        except OSError as error:
            return _output_error(error)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(
    PROGRAM,
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name=PROGRAM, message="%(prog)s %(version)s")
def cli() -> None:
    """A personal vault, proxy and dashboard for third-party APIs."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code (docs/cli.md). A failure prints one sentence."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        require_platform()
        result = cli.main(given or [DEFAULT], prog_name=PROGRAM, standalone_mode=False)
        return result if isinstance(result, int) else OK
    except CliError as error:
        return _fail(error.message, error.exit_code)
    except click.UsageError as error:
        path = PROGRAM if error.ctx is None else error.ctx.command_path
        return _fail(f"{usage_message(error, given)} See `{path} --help`.", USAGE)
    except click.ClickException as error:
        return _fail(error.format_message(), error.exit_code)
    except click.Abort:
        return INTERRUPTED
    except Exception as error:
        return _fail(_unexpected(error), FAILED)


def _unexpected(error: Exception) -> str:
    """Return a sentence for a failure that no command expects. Its text may have secrets."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/api/" in frame.filename] or frames
    place = f"{'/'.join(Path(own[-1].filename).parts[-3:])}, line {own[-1].lineno}"
    return (
        f"An unexpected error occurred ({type(error).__name__} in {place}): try again. If it "
        "persists, report it with this line."
    )


def _fail(message: str, exit_code: int) -> int:
    with contextlib.suppress(OSError):
        note(f"Error: {message}")
    return exit_code


def _output_error(error: OSError) -> int:
    """Handle a failed write to standard output. Raises other errors again."""
    if error.errno == errno.EPIPE:
        _discard_output()
        return BROKEN_PIPE
    if error.errno == errno.ENOSPC:
        _discard_output()
        return _fail(
            "The output cannot be written because the disk is full: free some space.", FAILED
        )
    raise error


def _discard_output() -> None:
    """Redirect standard output to the null device, because Python flushes it again at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
