"""The file of agents: what it has, and how wrong entries are named."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from api.services.keys.agents import (
    AgentsError,
    built_in_agents,
    fill,
    fill_json,
    read_agents,
    run_line,
    snippets,
    with_own_agents,
)
from api.services.keys.catalogue import Catalogue

CATALOGUE = Catalogue.load()
AGENTS = {agent.name: agent for agent in built_in_agents()}
ENTRY: dict[str, Any] = {
    "name": "mine",
    "title": "Mine",
    "commands": ["mine"],
    "install": {"registry": "npm", "package": "mine", "line": "npm install -g mine"},
    "docs": "https://mine.example/",
    "connections": [{"provider": "openai", "variables": {"URL": "{base_url}", "KEY": "{token}"}}],
}


def file_of(folder: Path, *entries: object) -> Path:
    path = folder / "agents.json"
    path.write_text(json.dumps(entries))
    return path


def test_the_file_has_the_agents_and_editors_that_the_documentation_names() -> None:
    commands = {name for name, agent in AGENTS.items() if agent.kind == "command"}
    assert commands >= {"claude", "codex", "gemini", "opencode", "aider", "llm"}
    assert set(AGENTS) - commands >= {"cline", "roo-code", "continue", "zed", "cursor"}


@pytest.mark.parametrize("name", AGENTS)
def test_every_connection_is_to_a_provider_of_the_catalogue(name: str) -> None:
    for connection in AGENTS[name].connections:
        texts = json.dumps(fill_json([connection.variables, connection.config], {}))
        texts += "".join((*connection.arguments, *(each.text for each in connection.snippets)))
        if connection.provider is None:
            assert "{base_url}" not in texts, "an API without a provider has no `sdk_path`"
            continue
        provider = CATALOGUE.get(connection.provider)
        assert provider is not None
        if "{openai_url}" in texts:
            assert provider.openai_path is not None


@pytest.mark.parametrize("name", AGENTS)
def test_every_connection_has_lines_or_settings_for_people(name: str) -> None:
    agent = AGENTS[name]
    for connection in agent.connections:
        shown = "".join(snippet.text for snippet in snippets(agent, connection))
        shown += "".join(setting.value for setting in connection.settings)
        assert "{token}" in shown
        assert re.search(r"\{(base|api|openai)_url\}", shown)
        assert "{api_name}" in run_line(agent)


def test_a_provider_of_its_own_comes_before_the_connection_for_apis_like_openais() -> None:
    codex = AGENTS["codex"]
    assert codex.connection("openai", True) is codex.connections[0]
    assert codex.connection("groq", True) is codex.connections[1]
    assert codex.connection("stripe", False) is None
    assert AGENTS["claude"].connection("groq", True) is None


def test_placeholders_are_filled_and_other_braces_stay() -> None:
    values = {"token": "apd_1", "api_url": "http://x/proxy/a"}
    assert fill('{"a": {token}, "b": {other}}', values) == '{"a": apd_1, "b": {other}}'
    assert fill_json({"{token}": ["{api_url}", 1, None]}, values) == {
        "apd_1": ["http://x/proxy/a", 1, None]
    }
    # A value with braces is text: it is not filled in again.
    assert fill("{token}", {"token": "{api_url}", "api_url": "x"}) == "{api_url}"


def test_the_lines_by_hand_set_the_variables_and_start_the_agent() -> None:
    claude = AGENTS["claude"]
    assert snippets(claude, claude.connections[0])[0].text == (
        "export ANTHROPIC_BASE_URL={api_url}\nexport ANTHROPIC_AUTH_TOKEN={token}\nclaude"
    )


def test_own_agents_extend_and_replace_the_built_in_ones(tmp_path: Path) -> None:
    own = read_agents(file_of(tmp_path, ENTRY, {**ENTRY, "name": "claude"}))
    agents = {agent.name: agent for agent in with_own_agents(own)}
    assert agents["mine"].title == agents["claude"].title == "Mine"
    assert agents["codex"] == AGENTS["codex"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Mine"}, "$.name"),
        ({"nam": 1}, "nam"),
        ({"commands": []}, "$.commands"),
        ({"commands": ["../mine"]}, "$.commands[0]"),
        ({"kind": "editor"}, "$.commands"),
        ({"kind": "editor", "commands": []}, "$.connections[0]"),
        ({"docs": "http://mine.example/"}, "$.docs"),
        ({"connections": []}, "$.connections"),
        ({"connections": [{"variables": {"KEY": "{token}"}}]}, "$.connections[0]"),
        ({"connections": [{"variables": {"URL": "{base_url}"}}]}, "$.connections[0]"),
        (
            {"connections": [{"variables": {"K": "{token}{base_url}{other}"}}]},
            "{other} - at `$.connections[0]",
        ),
        ({"connections": ENTRY["connections"] * 2}, "$.connections[...].provider"),
        (
            {"connections": [{"config": {"url": "{base_url}", "key": "{token}"}}]},
            "$.connections[0].config",
        ),
        ({"configuration": {"file": "x.json"}}, "$.configuration"),
        ({"configuration": {"argument": "--config"}}, "$.configuration.argument"),
        ({"configuration": {"variable": "X", "format": "env"}}, "$.configuration.file"),
        (
            {"configuration": {"variable": "X", "folder": {"paths": ["~/.x"]}}},
            "$.configuration.folder",
        ),
        ({"configuration": {"variable": "X", "file": "../x"}}, "$.configuration.file"),
        ({"clear": ["A=B"]}, "$.clear[0]"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_refused_by_name(
    change: dict[str, Any], field: str, tmp_path: Path
) -> None:
    with pytest.raises(AgentsError) as raised:
        read_agents(file_of(tmp_path, {**ENTRY, **change}))
    assert field in str(raised.value)
    assert str(tmp_path / "agents.json") in str(raised.value)


def test_an_unreadable_file_and_a_repeated_name_are_named(tmp_path: Path) -> None:
    with pytest.raises(AgentsError, match="cannot be read: No such file"):
        read_agents(tmp_path / "none.json")
    (tmp_path / "text.json").write_text("agents")
    with pytest.raises(AgentsError, match="not a JSON array"):
        read_agents(tmp_path / "text.json")
    with pytest.raises(AgentsError, match=r"Entry 2 \(mine\).*Two entries have this name"):
        read_agents(file_of(tmp_path, ENTRY, ENTRY))
