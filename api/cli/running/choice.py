"""Which APIs a command may call, and how an agent uses them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

import msgspec

from api.cli.errors import CliError
from api.cli.running.launch import AgentUse
from api.cli.running.targets import StoredApis, Target
from api.services.keys.agents import Agent

# Programs that start commands of packages, and their options before a package's name.
_STARTERS = frozenset({"npx", "npm", "bunx", "bun", "pnpm", "pnpx", "yarn", "uvx", "uv", "pipx"})
_OPTIONS_WITH_PACKAGE = frozenset({"-p", "--package", "--from", "--with", "--spec"})
_FURTHEST = 8
_VERSION = re.compile(r"(?<=.)@[^/]*\Z|==.*\Z")


class FoundAgent(msgspec.Struct, frozen=True):
    """An agent in a command line, and the position of its name there."""

    agent: Agent
    position: int


class Choice(msgspec.Struct, frozen=True):
    """The APIs of a command's token, and the agent's use of them if the command is an agent."""

    targets: tuple[Target, ...]
    use: AgentUse | None


def find_agent(arguments: Sequence[str], agents: Sequence[Agent]) -> FoundAgent | None:
    """Return the agent that a command line starts, by the name of its program, or None.

    A program such as npx or uvx may start it: `npx -y @openai/codex`.
    """
    name = PurePath(arguments[0]).name
    for agent in agents:
        if name in agent.commands:
            return FoundAgent(agent, 0)
    if name not in _STARTERS:
        return None
    for position, word in enumerate(arguments[1:_FURTHEST], start=1):
        if word.startswith("-") or arguments[position - 1] in _OPTIONS_WITH_PACKAGE:
            continue
        package = _VERSION.sub("", word)
        for agent in agents:
            if agent.commands and package in (*agent.commands, agent.install.package):
                return FoundAgent(agent, position)
    return None


def choose(
    stored: StoredApis, agent: Agent | None, wanted: Sequence[str], needed: Sequence[str] = ()
) -> Choice:
    """Return the APIs for a command: those in `wanted`, or else the default.

    `needed` are the APIs that a project's variables name. The default of an agent is the first API
    of its profile with a key, or all of them if it can use several, and `needed`. The default of
    other commands is `needed` or, without it, every API whose variables are known.
    Raises CliError for an API without a key, or one that the agent cannot use.
    """
    if wanted:
        names = stored.require(wanted)
    elif agent is not None:
        names = list(dict.fromkeys((*_usual(stored, agent), *needed)))
    else:
        names = list(needed) or stored.with_variables()
    if not names:
        raise _no_keys(stored)
    targets = stored.targets(names)
    use = None if agent is None else _use(stored, agent, names, targets)
    return Choice(tuple(targets), use)


def usable_apis(stored: StoredApis, agent: Agent) -> list[str]:
    """Return the APIs with a key that an agent can use."""
    return [
        name
        for name in stored.names
        if agent.connection(stored.provider(name), stored.openai_compatible(name)) is not None
    ]


def _usual(stored: StoredApis, agent: Agent) -> list[str]:
    """Return the APIs that an agent uses without a choice. Raises CliError if none has a key."""
    providers = [each.provider for each in agent.connections if each.provider is not None]
    found = [name for slug in providers if (name := stored.of_provider(slug)) is not None]
    if found:
        return found if agent.several else found[:1]
    others = usable_apis(stored, agent)
    hint = f", or choose another API with --api ({', '.join(others)})" if others else ""
    raise CliError(
        f"{agent.title} needs a key for {_alternatives(providers[:3])}, and none is stored: run "
        f"`api-dashboard keys add {providers[0]}`{hint}."
        if providers
        else f"{agent.title} needs an API: choose one with --api{hint}."
    )


def _use(
    stored: StoredApis, agent: Agent, names: Sequence[str], targets: Sequence[Target]
) -> AgentUse:
    """Return how the agent uses the chosen APIs, in the order of the choice."""
    by_name = {target.api_name: target for target in targets}
    found = []
    for name in names:
        connection = agent.connection(stored.provider(name), stored.openai_compatible(name))
        if connection is not None:
            found.append((connection, by_name[name]))
    if not found:
        usable = usable_apis(stored, agent)
        known = [each.provider for each in agent.connections if each.provider is not None]
        hint = (
            f"choose {_alternatives(usable[:5])} with --api"
            if usable
            else f"run `api-dashboard keys add {known[0]}`"
        )
        raise CliError(f"{agent.title} cannot use {', '.join(names)}: {hint}.")
    return AgentUse(agent, tuple(found if agent.several else found[:1]))


def _no_keys(stored: StoredApis) -> CliError:
    if stored.names:
        return CliError(
            "No variables are known for your APIs: choose them with --api "
            f"({', '.join(stored.names)})."
        )
    return CliError(
        "You have no keys yet: run `api-dashboard keys add PROVIDER`, or add one in the dashboard."
    )


def _alternatives(names: Sequence[str]) -> str:
    return " or ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} or {names[-1]}"
