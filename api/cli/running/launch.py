"""What a command is started with: arguments, variables and temporary configuration files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from api.cli.errors import USAGE, CliError
from api.cli.running.child_environment import ChildEnvironment
from api.cli.running.private_folder import PrivateFolder
from api.cli.running.targets import Target
from api.services.env_files.syntax import write_value
from api.services.keys.agents import (
    Agent,
    AgentConnection,
    Configuration,
    OwnFolder,
    fill,
    fill_json,
)


class AgentUse(msgspec.Struct, frozen=True):
    """An agent, and how it calls each of the chosen APIs."""

    agent: Agent
    connections: tuple[tuple[AgentConnection, Target], ...]


def agent_arguments(use: AgentUse, token: str) -> list[str]:
    """Return an agent's own arguments, which stand before those of the user."""
    return [
        fill(argument, target.placeholders(token))
        for connection, target in use.connections
        for argument in connection.arguments
    ]


def set_agent_variables(environment: ChildEnvironment, use: AgentUse, token: str) -> None:
    """Set an agent's variables, and remove those that would lead it elsewhere."""
    own = {
        name: fill(value, target.placeholders(token))
        for connection, target in use.connections
        for name, value in connection.variables.items()
    }
    for name in use.agent.clear:
        if name not in own:
            environment.remove(name)
    for name in use.agent.blank:
        if name not in own:
            environment.remove(name)
            environment.variables[name] = ""
    for name, value in own.items():
        environment.set(name, value)


def configure(
    environment: ChildEnvironment, use: AgentUse, token: str, folder: PrivateFolder
) -> list[str]:
    """Hand an agent its configuration; return the arguments that it needs. Raises CliError."""
    configuration = use.agent.configuration
    if configuration is None:
        return []
    config: dict[str, Any] = {}
    for connection, target in use.connections:
        _merge(config, fill_json(connection.config, target.placeholders(token)), use.agent.title)
    if not config:
        return []
    variables, variable = environment.variables, configuration.variable
    if configuration.file is None:
        assert variable is not None
        variables[variable] = json.dumps(_with_own(variables.get(variable), config))
        return []
    if configuration.folder is not None:
        _stand_in_for_folder(variables, configuration, config, folder)
        return []
    file = folder.write(configuration.file, _content(configuration, config))
    if variable is not None:
        variables[variable] = str(file)
    return [] if configuration.argument is None else [configuration.argument, str(file)]


def _stand_in_for_folder(
    variables: dict[str, str],
    configuration: Configuration,
    config: dict[str, Any],
    temporary: PrivateFolder,
) -> None:
    """Let an agent use a temporary folder in place of its own, if its own would defeat it."""
    name, own = configuration.file, configuration.folder
    assert name is not None and own is not None and configuration.variable is not None
    path = _own_path(variables.get(configuration.variable), own, variables.get("HOME"))
    if not own.always and not (path / name).exists():
        return
    if own.merge:
        config = _with_own(_text_of(path / name), config)
    root = temporary.path / "own"
    stand_in = temporary.stand_in(f"own/{own.below}" if own.below else "own", path, name)
    temporary.write(
        str(stand_in.relative_to(temporary.path) / name), _content(configuration, config)
    )
    variables[configuration.variable] = str(root)


def _own_path(chosen: str | None, own: OwnFolder, home: str | None) -> Path:
    """Return the agent's own folder: that of its variable, or the first usual one that exists."""
    if chosen:
        return Path(chosen) / own.below if own.below else Path(chosen)
    paths = [
        Path(home) / each.removeprefix("~/") if home else Path(each).expanduser()
        for each in own.paths
    ]
    return next((path for path in paths if path.exists()), paths[0])


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _content(configuration: Configuration, config: dict[str, Any]) -> str:
    if configuration.format == "env":
        return "".join(f"{name}={write_value(str(value))}\n" for name, value in config.items())
    return json.dumps(config, indent=2) + "\n"


def _with_own(text: str | None, config: dict[str, Any]) -> dict[str, Any]:
    """Return the user's own inline configuration, with `config` over it."""
    try:
        own = json.loads(text) if text else {}
    except ValueError:
        own = {}
    merged: dict[str, Any] = own if isinstance(own, dict) else {}
    _lay_over(merged, config)
    return merged


def _lay_over(below: dict[str, Any], above: dict[str, Any]) -> None:
    for name, value in above.items():
        under = below.get(name)
        if isinstance(under, dict) and isinstance(value, dict):
            _lay_over(under, value)
        else:
            below[name] = value


def _merge(config: dict[str, Any], more: dict[str, Any], title: str) -> None:
    """Add the configuration for another API. Raises CliError if the two contradict each other."""
    for name, value in more.items():
        under = config.get(name)
        if isinstance(under, dict) and isinstance(value, dict):
            _merge(under, value, title)
        elif name in config and under != value:
            raise CliError(
                f"{title} cannot use two of these APIs at once: choose one with --api.", USAGE
            )
        else:
            config[name] = value
