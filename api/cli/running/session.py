"""One run: prepare a command, create its token, start it, and clean up after it."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import click
import msgspec

from api.cli.client import ApiClient, connect
from api.cli.errors import USAGE, CliError
from api.cli.output import note, plain
from api.cli.parsing import naming_options
from api.cli.places import environment as own_environment
from api.cli.running.authorities import add_authorities
from api.cli.running.child import NOT_EXECUTABLE, NOT_FOUND, pending_signal, run_child, signals_held
from api.cli.running.child_environment import (
    ChildEnvironment,
    KeyVariables,
    child_environment,
    without_http_proxy,
)
from api.cli.running.choice import Choice, choose, find_agent
from api.cli.running.launch import agent_arguments, configure, set_agent_variables
from api.cli.running.private_folder import PrivateFolder
from api.cli.running.profiles import load_agents
from api.cli.running.project_file import needed_apis, read_project_file
from api.cli.running.targets import NO_TOKEN, stored_api_targets
from api.cli.running.token_lease import TokenLease
from api.cli.server_url import is_loopback_url
from api.services.keys.agents import Agent
from api.services.keys.catalogue import Catalogue

_LONGEST_NAME = 100


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of `api-dashboard run`. `limit` is requests and seconds, `expires` seconds."""

    apis: tuple[str, ...] = ()
    limit: tuple[int, int] | None = None
    expires: int | None = None
    env_file: Path | None = None
    keep: tuple[str, ...] = ()
    name: str | None = None
    quiet: bool = False
    server: str | None = None


class _Prepared(msgspec.Struct, frozen=True):
    """What is known before there is a token. `position` is that of an agent's name."""

    program: str
    arguments: tuple[str, ...]
    position: int
    variables: dict[str, str]
    choice: Choice
    known: KeyVariables
    other_keys: frozenset[str]


def run_command(options: RunOptions, arguments: Sequence[str]) -> int:
    """Run a command and return its exit code. Raises CliError if it is not started."""
    with connect(options.server) as client:
        prepared = _prepare(client, options, arguments)
        with signals_held():
            with naming_options(name="--name"):
                lease = TokenLease(
                    client,
                    options.name or _token_name(prepared.arguments[0]),
                    [target.api_name for target in prepared.choice.targets],
                    options.limit,
                    options.expires,
                )
            folder = PrivateFolder()
            try:
                environment, command = _launch(client, options, prepared, lease.token, folder)
                if not options.quiet:
                    _say_what_changed(environment)
                lease.extend_while_running()
                interrupted = pending_signal()
                if interrupted is not None:
                    return 128 + interrupted
                return run_child([prepared.program, *command[1:]], environment.variables)
            finally:
                folder.close()
                for sentence in lease.end():
                    if not options.quiet or "could not" in sentence:
                        _say(sentence)


def print_run(options: RunOptions, arguments: Sequence[str]) -> None:
    """Print the variables, files and command line of a run, without a token."""
    with connect(options.server) as client:
        prepared = _prepare(client, options, arguments)
        folder = PrivateFolder()
        try:
            environment, command = _launch(client, options, prepared, NO_TOKEN, folder)
            before = own_environment()
            for name in sorted(before.keys() - environment.variables.keys()):
                click.echo(f"unset {name}")
            for name, value in sorted(environment.variables.items()):
                if before.get(name) != value:
                    click.echo(f"export {shlex.quote(f'{name}={value}')}")
            for path, text in folder.files():
                if path.suffix == ".pem":
                    continue
                click.echo(f"# {path}")
                click.echo("".join(f"#   {line}\n" for line in text.splitlines()), nl=False)
            click.echo(shlex.join(command))
        finally:
            folder.close()


def _prepare(client: ApiClient, options: RunOptions, arguments: Sequence[str]) -> _Prepared:
    if not arguments[0].strip():
        raise CliError("The command is empty: name a program.", USAGE)
    variables = own_environment()
    found = find_agent(arguments, load_agents())
    agent = None if found is None else found.agent
    program = shutil.which(arguments[0], path=variables.get("PATH"))
    if program is None and Path(arguments[0]).parent.parts and Path(arguments[0]).exists():
        raise CliError(
            f"{plain(arguments[0])} is not a program that you can run: name a program, or run "
            "`chmod +x` on it.",
            NOT_EXECUTABLE,
        )
    if program is None:
        raise _not_found(arguments[0], agent if found is not None and not found.position else None)
    project = {} if options.env_file is None else read_project_file(options.env_file)
    catalogue = Catalogue.load()
    stored = stored_api_targets(client, catalogue)
    known = KeyVariables(catalogue, stored.hints)
    needed = needed_apis(project, known, stored)
    if options.env_file is not None and not needed and not options.apis and agent is None:
        raise CliError(
            f"No variable in {options.env_file} belongs to an API with a stored key: store its "
            f"keys with `api-dashboard env import {options.env_file}`, or choose APIs with --api."
        )
    choice = choose(stored, agent, options.apis, needed)
    # As with dotenv, a variable of the environment comes before one of the file.
    position = 0 if found is None else found.position
    return _Prepared(
        program=program,
        arguments=tuple(arguments),
        position=position,
        variables={**project, **variables},
        choice=choice,
        known=known,
        other_keys=frozenset(
            variable for target in stored.targets(stored.names) for variable in target.keys
        ),
    )


def _launch(
    client: ApiClient, options: RunOptions, prepared: _Prepared, token: str, folder: PrivateFolder
) -> tuple[ChildEnvironment, list[str]]:
    """Return the environment and the command line. Raises CliError, for example on a full disk."""
    choice = prepared.choice
    environment = child_environment(
        prepared.variables,
        choice.targets,
        token,
        prepared.known,
        options.keep,
        prepared.other_keys,
    )
    proxy = choice.targets[0].api_url
    if is_loopback_url(proxy):
        without_http_proxy(environment, ["127.0.0.1", "localhost", "::1"])
    if client.ca_file is not None and urlsplit(proxy).scheme == "https":
        add_authorities(environment, Path(client.ca_file), folder)
    own: list[str] = []
    if choice.use is not None:
        set_agent_variables(environment, choice.use, token)
        own = configure(environment, choice.use, token, folder) + agent_arguments(choice.use, token)
    arguments, after = prepared.arguments, prepared.position + 1
    return environment, [*arguments[:after], *own, *arguments[after:]]


def _not_found(command: str, agent: Agent | None) -> CliError:
    if agent is None:
        return CliError(
            f"The command {plain(command)} was not found: check its name and PATH.", NOT_FOUND
        )
    return CliError(
        f"{agent.title} is not installed (there is no {plain(command)} in PATH): install it with "
        f"`{agent.install.line}`.",
        NOT_FOUND,
    )


def _token_name(command: str) -> str:
    """Return a token's name that tells runs apart, such as `run claude in my-project`."""
    try:
        folder = Path.cwd().name
    except OSError:
        folder = ""
    text = f"run {Path(command).name}" + (f" in {folder}" if folder else "")
    return plain(text)[:_LONGEST_NAME]


def _say_what_changed(environment: ChildEnvironment) -> None:
    if environment.replaced:
        _say(f"Replaced by the token or its base URL: {_listed(environment.replaced)}.")
    if environment.removed:
        _say(
            f"Not passed on to the command: {_listed(environment.removed)}. To pass on a variable, "
            "add --keep VARIABLE."
        )


def _say(sentence: str) -> None:
    """Print a sentence for people. A failed write does not stop the command."""
    try:
        note(f"api-dashboard: {plain(sentence)}")
    except OSError:
        # Python flushes the stream again at exit, and a failure would change the exit code.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def _listed(names: Sequence[str]) -> str:
    return ", ".join(sorted(names))
