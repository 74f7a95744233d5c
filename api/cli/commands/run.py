"""`api-dashboard run`: start a command with a token of its own, in place of keys."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.durations import duration_value, limit_value
from api.cli.parsing import CliCommand, server_option


@click.command(
    "run",
    cls=CliCommand,
    context_settings={"allow_interspersed_args": False},
)
@click.option(
    "--api",
    "apis",
    multiple=True,
    metavar="NAME",
    help="An API that the command may call, or '*' for every API. Repeatable.",
)
@click.option(
    "--limit",
    callback=limit_value,
    metavar="N/TIME",
    help="The token's request limit, such as 500/day.",
)
@click.option(
    "--expires",
    callback=duration_value,
    metavar="TIME",
    help="The maximum lifetime of the token, such as 8h.",
)
@click.option(
    "--env-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Give the command the variables of this file, with the token in place of keys.",
)
@click.option(
    "--keep",
    multiple=True,
    metavar="VARIABLE",
    help="Pass on this variable, although it holds a key. Repeatable.",
)
@click.option("--name", help="The token's name. By default the command and the folder.")
@click.option(
    "--print", "only_print", is_flag=True, help="Show the variables and files, and start nothing."
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
@server_option
@click.argument(
    "arguments", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND [ARGUMENT]..."
)
def command(
    apis: tuple[str, ...],
    limit: tuple[int, int] | None,
    expires: int | None,
    env_file: Path | None,
    keep: tuple[str, ...],
    name: str | None,
    only_print: bool,
    quiet: bool,
    server: str | None,
    arguments: tuple[str, ...],
) -> int:
    """Start a command with a token in place of your keys, and revoke the token when it ends.

    The agents that `api-dashboard agents` lists are set up to call their API through the
    dashboard. Other commands get the variables that the SDKs of the chosen APIs read. The exit code
    is the command's.

    \b
    Examples:
      api-dashboard run -- claude
      api-dashboard run --api groq -- codex -m openai/gpt-oss-120b
      api-dashboard run --api openai --api stripe --limit 500/day -- python script.py
      api-dashboard run --env-file .env -- npm run dev
    """
    from api.cli.running.session import RunOptions, print_run, run_command

    options = RunOptions(
        apis=apis,
        limit=limit,
        expires=expires,
        env_file=env_file,
        keep=keep,
        name=name,
        quiet=quiet,
        server=server,
    )
    if only_print:
        print_run(options, arguments)
        return 0
    return run_command(options, arguments)
