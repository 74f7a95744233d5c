"""Generate the lines for each agent in docs/agents.md, as `make types` does."""

from __future__ import annotations

from pathlib import Path

from api.services.keys.agents import (
    Agent,
    AgentConnection,
    built_in_agents,
    fill,
    snippets,
)
from api.services.keys.catalogue import Catalogue
from tools.generated_part import replace_generated_part

DOCS = Path(__file__).resolve().parent.parent / "docs" / "agents.md"

_PROXY = "http://127.0.0.1:8420/proxy"
# Stands for any API that is compatible with OpenAI's.
_COMPATIBLE = "groq"


def write() -> None:
    """Write the lines."""
    DOCS.write_text(docs_with_lines(DOCS.read_text(encoding="utf-8")), encoding="utf-8")


def docs_with_lines(text: str) -> str:
    """Return the text of docs/agents.md with new lines. Raises ValueError without its markers."""
    return replace_generated_part(text, "api/agents.json", markdown_lines())


def markdown_lines() -> str:
    """Return a section for each agent and editor in Markdown."""
    return "\n".join(_section(agent) for agent in built_in_agents())


def _section(agent: Agent) -> str:
    lines = [f"### {agent.title}", ""]
    if agent.kind == "command":
        lines += [f"`api-dashboard run -- {agent.commands[0]}`, or by hand:"]
    else:
        lines += [
            f"`api-dashboard agents show {agent.name}` prints this with your server's addresses:"
        ]
    for connection in _shown(agent):
        lines += ["", *_connection(agent, connection)]
    return "\n".join(lines) + "\n"


def _shown(agent: Agent) -> tuple[AgentConnection, ...]:
    """Return the connections with lines of their own kind, not those that only name an API."""
    if agent.several and len(agent.connections) > 4:
        return (*agent.connections[:3], agent.connections[-1])
    return agent.connections


def _connection(agent: Agent, connection: AgentConnection) -> list[str]:
    provider = Catalogue.load().get(connection.provider or _COMPATIBLE)
    assert provider is not None
    api_url = f"{_PROXY}/{provider.slug}"
    values = {
        "token": "apd_...",
        "api_name": provider.slug,
        "api_url": api_url,
        "base_url": api_url + provider.sdk_path,
        "openai_url": api_url + (provider.openai_path or ""),
    }
    who = (
        provider.name
        if connection.provider
        else f"An API that is compatible with OpenAI's, such as {provider.name}"
    )
    lines = [f"{who}:" if not connection.note else f"{who}. {connection.note}"]
    if connection.settings:
        lines += ["", "| field | value |", "|---|---|"]
        lines += [
            f"| {setting.name} | {_cell(fill(setting.value, values))} |"
            for setting in connection.settings
        ]
    for snippet in snippets(agent, connection):
        if snippet.file is not None:
            lines += ["", f"In `{snippet.file}`:"]
        lines += ["", f"```{snippet.language}", fill(snippet.text, values).rstrip(), "```"]
    return lines


def _cell(value: str) -> str:
    return f"`{value}`" if value.startswith(("http", "apd_")) else value
