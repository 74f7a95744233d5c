"""Agents and editors that can call APIs through the proxy: the built-in data file, and a user's.

`api/agents.json` is read by `api-dashboard run`, which starts an agent, and by `GET /api/agents`,
which shows the same lines to people.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from api.errors import SettingError
from api.services.keys.data_file import invalid_field, read_entries
from api.services.keys.provider import HttpsUrl, Slug, VariableName

_BUILT_IN = Path(__file__).resolve().parents[2] / "agents.json"

# Names between braces are placeholders; other braces, as in JSON, are text.
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_PLACEHOLDERS = frozenset({"token", "api_url", "base_url", "openai_url", "api_name"})
_Text = Annotated[str, Meta(min_length=1, max_length=4000)]
_FileName = Annotated[str, Meta(pattern=r"^\.?[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")]
_Command = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}\Z")]


class AgentsError(SettingError):
    """A file of agents is not valid. The text is a sentence that names file, entry and field."""


class Install(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where an agent comes from, and the line that installs it."""

    registry: Literal["npm", "PyPI", "GitHub", "editor"]
    package: Annotated[str, Meta(min_length=1, max_length=100)]
    line: _Text


class Snippet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Text that sets up an agent without `run`. `file` is the file for it, None a terminal."""

    language: Literal["sh", "json", "toml", "yaml"]
    text: _Text
    file: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class EditorSetting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One field of an editor's settings page and what to enter there."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    value: _Text


class OwnFolder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The folder with an agent's own files, and how `run` replaces it.

    `paths` are its usual paths. The agent gets a temporary folder with links to everything in it,
    except the configuration file. `below` is the folder's name inside the folder that the variable
    names. With `merge`, the configuration is merged into the user's own file. `always` means that
    the folder is replaced even if it has no such file.
    """

    paths: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^~/\S.*\Z", max_length=200)], ...], Meta(min_length=1)
    ]
    below: _FileName | None = None
    merge: bool = False
    always: bool = False


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an agent takes the `config` of its connections.

    Without `file`, `variable` holds the JSON text. With it, a temporary file has the text, and
    `variable` or the argument after `argument` its path. `format` is `env` for a file of
    variables. With `folder`, the file is in a folder of the agent, and `variable` has its path.
    """

    variable: VariableName | None = None
    argument: Annotated[str, Meta(pattern=r"^--[a-z-]+\Z")] | None = None
    file: _FileName | None = None
    format: Literal["json", "env"] = "json"
    folder: OwnFolder | None = None


class AgentConnection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an agent calls a provider's API; without `provider`, any API compatible with OpenAI's.

    `variables`, `arguments` (placed before those of the user) and `config` have the placeholders
    `{token}`, `{api_name}`, `{api_url}`, `{base_url}` (with the provider's `sdk_path`) and
    `{openai_url}` (with its `openai_path`). `settings` are the fields of an editor's settings.
    `snippets` replace the lines that are otherwise generated from the variables and arguments.
    """

    provider: Slug | None = None
    variables: dict[VariableName, str] = {}
    arguments: tuple[_Text, ...] = ()
    config: dict[str, Any] = {}
    settings: tuple[EditorSetting, ...] = ()
    snippets: tuple[Snippet, ...] = ()
    note: Annotated[str, Meta(max_length=500)] = ""


class Agent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An agent that `run` starts by one of its `commands`, or an editor with settings to enter.

    `connections` are in order of preference: without a choice, the first with a key is used, or
    all if `several`. `clear` are variables to remove, because they would make the agent call
    another address. `blank` are variables to set to an empty text instead, because the agent would
    read them from a `.env` file. `check` are arguments for a short first answer.
    """

    name: Slug
    title: Annotated[str, Meta(min_length=1, max_length=80)]
    kind: Literal["command", "editor"] = "command"
    commands: tuple[_Command, ...] = ()
    install: Install
    docs: HttpsUrl
    several: bool = False
    connections: Annotated[tuple[AgentConnection, ...], Meta(min_length=1)]
    configuration: Configuration | None = None
    clear: tuple[VariableName, ...] = ()
    blank: tuple[VariableName, ...] = ()
    check: tuple[str, ...] = ()

    def connection(self, provider: str | None, openai_compatible: bool) -> AgentConnection | None:
        """Return how this agent calls an API of `provider`, or None if it cannot."""
        for connection in self.connections:
            if connection.provider is not None and connection.provider == provider:
                return connection
        if not openai_compatible:
            return None
        return next((each for each in self.connections if each.provider is None), None)


@cache
def built_in_agents() -> tuple[Agent, ...]:
    """Return the agents of the built-in file, in its order."""
    return read_agents(_BUILT_IN)


def with_own_agents(own: tuple[Agent, ...]) -> tuple[Agent, ...]:
    """Return the built-in agents, extended or replaced by those of a user."""
    agents = {agent.name: agent for agent in built_in_agents()}
    agents.update((agent.name, agent) for agent in own)
    return tuple(agents.values())


def read_agents(path: Path) -> tuple[Agent, ...]:
    """Return the agents in a file. Raises AgentsError."""
    return read_entries(path, "file of agents", "name", _read_agent, AgentsError)


def run_line(agent: Agent) -> str:
    """Return the command line that sets up an agent, with the placeholder `{api_name}`."""
    if agent.kind == "editor":
        return f"api-dashboard agents show {agent.name} --api {{api_name}}"
    return f"api-dashboard run --api {{api_name}} -- {agent.commands[0]}"


def snippets(agent: Agent, connection: AgentConnection) -> tuple[Snippet, ...]:
    """Return the lines that set up an agent without `run`, with placeholders."""
    if connection.snippets or agent.kind == "editor":
        return connection.snippets
    lines = [f"export {name}={value}" for name, value in connection.variables.items()]
    lines.append(shlex.join((agent.commands[0], *connection.arguments)))
    return (Snippet("sh", "\n".join(lines)),)


def fill(text: str, values: dict[str, str]) -> str:
    """Return `text` with the placeholders that `values` names."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def fill_json(value: Any, values: dict[str, str]) -> Any:
    """Return a JSON value with the placeholders in all its texts and member names filled in."""
    if isinstance(value, str):
        return fill(value, values)
    if isinstance(value, dict):
        return {fill(name, values): fill_json(member, values) for name, member in value.items()}
    if isinstance(value, list):
        return [fill_json(item, values) for item in value]
    return value


def _read_agent(raw: msgspec.Raw) -> Agent:
    """Decode and check an entry. Raises DecodeError."""
    agent = msgspec.json.decode(raw, type=Agent)
    if (agent.kind == "command") != bool(agent.commands):
        raise invalid_field("A command has `commands`, an editor has none", "commands")
    providers = [connection.provider for connection in agent.connections]
    if len(set(providers)) < len(providers):
        raise invalid_field("Two connections have this provider", "connections[...].provider")
    for position, connection in enumerate(agent.connections):
        field = f"connections[{position}]"
        texts = list(_texts(connection))
        for text in texts:
            for name in _PLACEHOLDER.findall(text):
                if name not in _PLACEHOLDERS:
                    raise invalid_field(f"Unknown placeholder {{{name}}}", field)
        whole = "\n".join(texts)
        if "{token}" not in whole or not any(
            placeholder in whole for placeholder in ("{base_url}", "{api_url}", "{openai_url}")
        ):
            raise invalid_field("Needs {token}, and {base_url}, {api_url} or {openai_url}", field)
        if connection.config and agent.configuration is None:
            raise invalid_field("Say in `configuration` how the agent takes it", f"{field}.config")
        if agent.kind == "editor" and not (connection.settings or connection.snippets):
            raise invalid_field("An editor needs `settings` or `snippets`", field)
    if agent.configuration is not None:
        _check_configuration(agent.configuration)
    return agent


def _check_configuration(configuration: Configuration) -> None:
    if configuration.variable is None and configuration.argument is None:
        raise invalid_field("Give `variable` or `argument`", "configuration")
    if configuration.file is None and configuration.variable is None:
        raise invalid_field("Only a file has its path in an argument", "configuration.argument")
    if configuration.format == "env" and configuration.file is None:
        raise invalid_field("Variables need a `file`", "configuration.file")
    if configuration.folder is not None and (
        configuration.file is None or configuration.variable is None
    ):
        raise invalid_field("Needs `file` and `variable`", "configuration.folder")


def _texts(value: Any) -> Iterator[str]:
    """Yield every text of a connection, member names too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _texts(member)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _texts(getattr(value, name))
