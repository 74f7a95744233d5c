"""What `api-dashboard agents` prints."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from difflib import get_close_matches

import click

from api.cli.client import ApiClient, connect
from api.cli.errors import USAGE, CliError
from api.cli.output import note, plain, print_json, print_line, print_table
from api.cli.places import environment
from api.cli.prompts import read_line
from api.cli.running.choice import choose, usable_apis
from api.cli.running.profiles import load_agents
from api.cli.running.targets import NO_TOKEN, StoredApis, Target, stored_api_targets
from api.services.keys.agents import Agent, AgentConnection, fill, run_line, snippets
from api.services.keys.catalogue import Catalogue


def print_agents(server: str | None, as_json: bool) -> None:
    """Print the agents with their commands, whether they are installed, and their APIs.

    Raises CliError if you are not signed in.
    """
    agents = load_agents()
    with connect(server) as client:
        stored = stored_api_targets(client, Catalogue.load())
    rows = [(agent, _program(agent), usable_apis(stored, agent)) for agent in agents]
    if as_json:
        print_json({"items": [_as_json(*row) for row in rows]})
        return
    print_table(
        ["NAME", "TITLE", "INSTALLED", "APIS WITH A KEY"],
        [
            [agent.name, agent.title, _installed(agent, program), ", ".join(apis) or _none(agent)]
            for agent, program, apis in rows
        ],
    )


def show_agent(
    name: str, api: str | None, create_token: bool, token_stdin: bool, server: str | None
) -> None:
    """Print the settings or lines of an agent for one API. Raises CliError."""
    agents = {agent.name: agent for agent in load_agents()}
    agent = agents.get(name)
    if agent is None:
        similar = get_close_matches(name, agents, n=1)
        hint = f"did you mean {similar[0]}?" if similar else f"its name is one of {_names(agents)}."
        raise CliError(f"There is no agent {plain(name)}: {hint}", USAGE)
    if create_token and token_stdin:
        raise CliError("Give either --create-token or --token-stdin.", USAGE)
    with connect(server) as client:
        stored = stored_api_targets(client, Catalogue.load())
        connection, target = _one_use(stored, agent, api)
        token = _token(client, agent, target, create_token, token_stdin)
    _print_lines(agent, connection, target, token)


def _one_use(stored: StoredApis, agent: Agent, api: str | None) -> tuple[AgentConnection, Target]:
    """Return how an agent uses the chosen API, or by default the first one with a key."""
    wanted = [api] if api is not None else []
    preferred = [each.provider for each in agent.connections if each.provider is not None]
    if not wanted and not any(stored.of_provider(slug) for slug in preferred):
        wanted = usable_apis(stored, agent)[:1]
    use = choose(stored, agent, wanted).use
    assert use is not None
    return use.connections[0]


def _token(client: ApiClient, agent: Agent, target: Target, create: bool, from_stdin: bool) -> str:
    if from_stdin:
        return read_line("token").reveal()
    if not create:
        return NO_TOKEN
    body = {"name": f"{agent.title} ({target.api_name})", "apis": [target.api_name]}
    created = client.call("POST", "/api/tokens", body)
    note(
        f"Created the token {created['token_id']}, which is shown only now: "
        f"`api-dashboard tokens revoke {created['token_id']}` revokes it."
    )
    return str(created["token"])


def _print_lines(agent: Agent, connection: AgentConnection, target: Target, token: str) -> None:
    values = target.placeholders(token)
    print_line(f"{agent.title} with {target.api_name}", bold=True)
    if connection.settings:
        width = max(len(setting.name) for setting in connection.settings)
        for setting in connection.settings:
            click.echo(f"  {setting.name.ljust(width)}  {fill(setting.value, values)}")
    for snippet in snippets(agent, connection):
        click.echo(f"\n{snippet.file or 'In a terminal'}:")
        click.echo("".join(f"  {line}\n" for line in fill(snippet.text, values).splitlines()))
    if connection.note:
        note(connection.note)
    if agent.kind == "command":
        note(f"`{fill(run_line(agent), values)}` does this with a token of its own.")
    elif token == NO_TOKEN:
        note("Add --create-token to create a token for it.")


def _as_json(agent: Agent, program: str | None, apis: Sequence[str]) -> dict[str, object]:
    return {
        "name": agent.name,
        "title": agent.title,
        "kind": agent.kind,
        "commands": list(agent.commands),
        "program": program,
        "install": agent.install.line,
        "apis": list(apis),
    }


def _program(agent: Agent) -> str | None:
    """Return the path of an agent's command, or None if it is not installed."""
    path = environment().get("PATH")
    found = (shutil.which(name, path=path) for name in agent.commands)
    return next((program for program in found if program is not None), None)


def _installed(agent: Agent, program: str | None) -> str:
    if agent.kind == "editor":
        return "editor"
    return "yes" if program is not None else "no"


def _none(agent: Agent) -> str:
    known = [each.provider for each in agent.connections if each.provider is not None]
    return f"none ({known[0]})" if known else "none"


def _names(agents: dict[str, Agent]) -> str:
    return ", ".join(sorted(agents))
