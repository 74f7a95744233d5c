"""Which APIs a run may call, and how an agent uses them."""

from __future__ import annotations

import pytest

from api.cli.errors import CliError
from api.cli.running.choice import choose, find_agent, usable_apis
from api.services.keys.agents import built_in_agents
from tests.unit.run.samples import AGENTS, stored_apis


def names(stored_names: str, agent: str | None, *wanted: str, needed: tuple[str, ...] = ()) -> str:
    """Return the chosen APIs and, after a colon, those that the agent uses."""
    choice = choose(
        stored_apis(*stored_names.split()), AGENTS[agent] if agent else None, wanted, needed
    )
    chosen = " ".join(target.api_name for target in choice.targets)
    if choice.use is None:
        return chosen
    used = " ".join(target.api_name for _, target in choice.use.connections)
    return f"{chosen}: {used}"


@pytest.mark.parametrize(
    ("stored", "agent", "wanted", "expected"),
    [
        ("anthropic openai", "claude", (), "anthropic: anthropic"),
        ("anthropic openai", "codex", (), "openai: openai"),
        ("anthropic openai stripe", "opencode", (), "anthropic openai: anthropic openai"),
        # An API under another name stands for its provider, and the one with its slug comes first.
        ("work=anthropic", "claude", (), "work: work"),
        ("work=anthropic anthropic", "claude", (), "anthropic: anthropic"),
        ("work=anthropic anthropic", "claude", ("work",), "work: work"),
        # Further APIs are for the programs that the agent starts.
        ("anthropic stripe", "claude", ("stripe", "anthropic"), "anthropic stripe: anthropic"),
        ("groq openai", "codex", ("groq",), "groq: groq"),
        ("groq openai", None, (), "groq openai"),
        ("groq openai own=", None, (), "groq openai"),
        ("groq own=", None, ("own",), "own"),
        ("groq own=", None, ("*",), "groq own"),
    ],
)
def test_the_choice_or_else_the_default_decides(
    stored: str, agent: str | None, wanted: tuple[str, ...], expected: str
) -> None:
    assert names(stored, agent, *wanted) == expected


def test_what_a_project_needs_replaces_the_default_of_commands_and_adds_to_that_of_agents() -> None:
    assert names("anthropic groq openai", None, needed=("groq",)) == "groq"
    assert names("anthropic groq openai", "claude", needed=("groq",)) == "anthropic groq: anthropic"
    assert names("anthropic groq openai", None, "openai", needed=("groq",)) == "openai"


@pytest.mark.parametrize(
    ("stored", "agent", "wanted", "sentence"),
    [
        ("openai", "claude", (), "Claude Code needs a key for anthropic, and none is stored: run "
         "`api-dashboard keys add anthropic`."),
        ("groq", "codex", (), "`api-dashboard keys add openai`, or choose another API with --api "
         "(groq)."),
        ("openai stripe", "claude", ("stripe",), "Claude Code cannot use stripe: run "
         "`api-dashboard keys add anthropic`."),
        ("openai stripe", "codex", ("stripe",), "Codex cannot use stripe: choose openai with"),
        ("openai", None, ("groq",), "No key for groq is stored: run `api-dashboard keys add groq`"),
        ("openai", None, ("opnai",), "or did you mean `--api openai`?"),
        ("work=openai", None, ("openai",), "or did you mean `--api work`?"),
        ("", None, (), "You have no keys yet: run `api-dashboard keys add PROVIDER`"),
        ("own=", None, (), "choose them with --api (own)."),
    ],
)  # fmt: skip
def test_without_a_key_the_error_names_the_command_that_adds_one(
    stored: str, agent: str | None, wanted: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(CliError) as raised:
        names(stored, agent, *wanted)
    assert sentence in raised.value.message


@pytest.mark.parametrize(
    ("command", "agent", "position"),
    [
        ("claude -p hi", "claude", 0),
        ("/usr/local/bin/claude", "claude", 0),
        ("./node_modules/.bin/codex exec", "codex", 0),
        ("npx -y @openai/codex exec", "codex", 2),
        ("npx @anthropic-ai/claude-code@2.1.0 -p hi", "claude", 1),
        ("npx -p @google/gemini-cli gemini", "gemini", 3),
        ("uvx llm hi", "llm", 1),
        ("uvx --from aider-chat==0.86.2 aider", "aider", 3),
        ("pipx run aider-chat", "aider", 2),
        ("pnpm dlx opencode-ai", "opencode", 2),
        ("claude-wrapper", None, 0),
        ("echo claude", None, 0),
        ("npx cowsay claude-code", None, 0),
        ("cline", None, 0),
    ],
)
def test_an_agent_is_found_by_its_program_or_package(
    command: str, agent: str | None, position: int
) -> None:
    found = find_agent(command.split(), built_in_agents())
    if agent is None:
        assert found is None
    else:
        assert found is not None
        assert (found.agent.name, found.position) == (agent, position)


def test_the_usable_apis_are_those_that_the_agent_can_call() -> None:
    stored = stored_apis("anthropic", "groq", "stripe", "own=")
    assert usable_apis(stored, AGENTS["claude"]) == ["anthropic"]
    assert usable_apis(stored, AGENTS["codex"]) == ["anthropic", "groq"]
