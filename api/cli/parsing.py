"""Parsing of arguments: commands and groups that never repeat a secret, and common options."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

import click

from api.cli.errors import USAGE, CliError, ProblemError

NO_SECRETS = (
    "Secrets are read from a prompt or from standard input, never from arguments, which other "
    "programs can see and the shell's history keeps."
)

_Function = TypeVar("_Function", bound=Callable[..., Any])
_SECRET_OPTION = re.compile(r"pass|secret|token|key|credential|auth", re.IGNORECASE)
_POSSIBLE_SECRET = re.compile(r"(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])[^\s/\\]{12,}|\S{32,}")
_WRONG_SIZE = re.compile(
    r"Expected `(?P<kind>str|int)` (?:of length )?(?P<bound>[<>]=) (?P<number>[0-9]+)\.?"
)
# What is not UTF-8, as Python has it.
_SURROGATE = re.compile("[\ud800-\udfff]")
_KEY_PREFIX = re.compile(r"(?:sk|pk|rk|apd|gh[opsu]|github_pat|glpat|xox[a-z]|AKIA|AIza|hf)[-_]?\w")
# Options with a text that may be empty.
_MAY_BE_EMPTY = ("description", "prefix")


class CliCommand(click.Command):
    """A command that refuses extra arguments without repeating them: they could be secrets."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments. Raises UsageError."""
        if not ctx.resilient_parsing:
            self._check_texts(ctx, args)
        may_have_more, ctx.allow_extra_args = ctx.allow_extra_args, True
        rest = super().parse_args(ctx, args)
        if rest and not may_have_more and not ctx.resilient_parsing:
            raise click.UsageError(
                f"Too many arguments for `{ctx.command_path}`. {NO_SECRETS}", ctx
            )
        return rest

    def _check_texts(self, ctx: click.Context, args: list[str]) -> None:
        """Raise UsageError for a value that is empty (a variable of a script was not set), or that
        is not UTF-8.
        """
        given, _, _ = self.make_parser(ctx).parse_args(list(args))
        for param in self.params:
            value = given.get(param.name or "")
            values = value if isinstance(value, list | tuple) else (value,)
            if param.type is click.UNPROCESSED:
                continue
            for text in (each for each in values if isinstance(each, str)):
                hint = param.get_error_hint(ctx)
                if not text.strip() and param.name not in _MAY_BE_EMPTY:
                    raise click.UsageError(f"{hint} is empty: give a value, or leave it out.", ctx)
                if not isinstance(param.type, click.Path) and _SURROGATE.search(text):
                    raise click.UsageError(f"{hint} is not UTF-8: give it as UTF-8 text.", ctx)


class CliGroup(click.Group):
    """A group that shows its help if no command is given, and suggests similar names."""

    command_class = CliCommand

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments. Raises UsageError."""
        if not args and not self.invoke_without_command and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of the arguments. Raises UsageError, with similar names."""
        names = self.list_commands(ctx)
        if args[0] not in names and not args[0].startswith("-") and not ctx.resilient_parsing:
            similar = get_close_matches(args[0], names)
            hint = (
                f"Did you mean {' or '.join(similar)}?"
                if similar
                else f"Its commands are {', '.join(names)}."
            )
            # The word is not repeated: it could be a secret.
            raise click.UsageError(f"`{ctx.command_path}` has no such command. {hint}", ctx)
        return super().resolve_command(ctx, args)


def json_option(function: _Function) -> _Function:
    """Add the option `--json` to a command, as `as_json`."""
    option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    return option(function)


def complete_server(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of the saved logins that begin with a text, for the shell."""
    from api.cli.logins import LoginStore
    from api.cli.places import config_folder

    logins = LoginStore(config_folder()).all()
    return [login.name for login in logins if login.name.startswith(incomplete)]


def server_option(function: _Function) -> _Function:
    """Add the option `--server` to a command, for `connect`."""
    option = click.option(
        "--server",
        metavar="NAME|URL",
        shell_complete=complete_server,
        help="The saved login to use. By default API_DASHBOARD_SERVER, or the latest login.",
    )
    return option(function)


def yes_option(function: _Function) -> _Function:
    """Add the option `--yes` to a command that asks before it changes something."""
    return click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation.")(function)


@contextlib.contextmanager
def naming_options(**options: str) -> Iterator[None]:
    """Name the option in place of a request's field, in problems that are raised in the block.

    `options` has the name of an option for each field of the request's body.
    """
    try:
        yield
    except ProblemError as error:
        root = re.split(r"[.\[]", error.field or "")[0]
        if root not in options:
            raise
        raise CliError(f"{options[root]}: {_in_words(error.detail)}", USAGE) from error


def _in_words(detail: str) -> str:
    """Return what is wrong with a field as people say it, such as for a text that is too long."""
    found = _WRONG_SIZE.fullmatch(detail)
    if found is None:
        return detail
    bound = "most" if found["bound"] == "<=" else "least"
    unit = " characters" if found["kind"] == "str" else ""
    return f"Give at {bound} {int(found['number']):,}{unit}."


def may_be_secret(word: str) -> bool:
    """Return whether a word of the command line could be a secret, so must not be shown."""
    return bool(_POSSIBLE_SECRET.fullmatch(word)) or is_key(word)


def is_key(word: str) -> bool:
    """Return whether a word is a key: it begins as the keys of well-known providers do."""
    return _KEY_PREFIX.match(word) is not None


def usage_message(error: click.UsageError, arguments: Sequence[str]) -> str:
    """Return what is wrong with the command line, without possible secrets in it."""
    message = error.format_message()
    for argument in arguments:
        for word in {argument, argument.partition("=")[2]}:
            if may_be_secret(word):
                message = message.replace(word, "…")
    if isinstance(error, click.NoSuchOption) and _SECRET_OPTION.search(error.option_name):
        message += f" {NO_SECRETS}"
    return message
