"""What each agent is started with: arguments, variables and configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.cli.errors import CliError
from api.cli.running.child_environment import ChildEnvironment
from api.cli.running.choice import choose
from api.cli.running.launch import AgentUse, agent_arguments, configure, set_agent_variables
from api.cli.running.private_folder import PrivateFolder
from tests.unit.run.samples import AGENTS, PROXY, TOKEN, stored_apis


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[PrivateFolder]:
    """The private folder of a run."""
    (tmp_path / "tmp").mkdir()
    private = PrivateFolder(tmp_path / "tmp")
    yield private
    private.close()


def use_of(agent: str, *apis: str, stored: str = "anthropic openai google-gemini") -> AgentUse:
    use = choose(stored_apis(*stored.split()), AGENTS[agent], apis).use
    assert use is not None
    return use


def launched(
    use: AgentUse, folder: PrivateFolder, own: dict[str, str] | None = None
) -> tuple[list[str], dict[str, str]]:
    """Return the arguments and the variables that the agent gets."""
    environment = ChildEnvironment(dict(own or {}), [], [])
    set_agent_variables(environment, use, TOKEN)
    arguments = configure(environment, use, TOKEN, folder) + agent_arguments(use, TOKEN)
    assert TOKEN not in " ".join(arguments), "other users can see arguments"
    return arguments, environment.variables


def test_claude_gets_a_bearer_token_and_settings_above_those_of_the_user(
    folder: PrivateFolder,
) -> None:
    own = {"ANTHROPIC_API_KEY": "sk", "CLAUDE_CODE_USE_BEDROCK": "1"}
    arguments, variables = launched(use_of("claude"), folder, own)
    expected = {
        "ANTHROPIC_BASE_URL": f"{PROXY}/anthropic",
        "ANTHROPIC_AUTH_TOKEN": TOKEN,
    }
    assert variables == expected
    assert arguments[0] == "--settings"
    settings = json.loads(Path(arguments[1]).read_text())["env"]
    assert expected.items() <= settings.items()
    # The settings of the user may set these, too.
    assert settings["ANTHROPIC_API_KEY"] == settings["CLAUDE_CODE_USE_BEDROCK"] == ""


def test_codex_gets_a_provider_of_its_own_that_needs_no_sign_in(folder: PrivateFolder) -> None:
    arguments, variables = launched(use_of("codex"), folder)
    assert variables == {"OPENAI_API_KEY": TOKEN}
    assert arguments[::2] == ["-c"] * 5
    assert f'model_providers.api-dashboard.base_url="{PROXY}/openai/v1"' in arguments
    arguments, _ = launched(use_of("codex", "groq", stored="groq"), folder)
    assert f'model_providers.api-dashboard.base_url="{PROXY}/groq/openai/v1"' in arguments


def test_gemini_uses_the_api_key_whatever_the_user_is_signed_in_with(
    folder: PrivateFolder, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    own_folder = home / ".gemini"
    (own_folder / "tmp").mkdir(parents=True)
    settings = {"security": {"auth": {"selectedType": "oauth-personal"}}, "ui": {"theme": "Ayu"}}
    (own_folder / "settings.json").write_text(json.dumps(settings))
    own = {"HOME": str(home), "GOOGLE_GENAI_USE_VERTEXAI": "true"}
    arguments, variables = launched(use_of("gemini"), folder, own)
    assert arguments == []
    assert variables["GEMINI_API_KEY"] == TOKEN
    assert variables["GOOGLE_GEMINI_BASE_URL"] == f"{PROXY}/google-gemini"
    # An empty variable also comes before one of a `.env` file.
    assert variables["GOOGLE_GENAI_USE_VERTEXAI"] == variables["GOOGLE_API_KEY"] == ""
    stand_in = Path(variables["GEMINI_CLI_HOME"]) / ".gemini"
    assert json.loads((stand_in / "settings.json").read_text()) == {
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "ui": {"theme": "Ayu"},
    }
    (stand_in / "tmp" / "chat").write_text("kept")
    (stand_in / "installation_id").write_text("new")
    folder.close()
    assert json.loads((own_folder / "settings.json").read_text()) == settings
    assert (own_folder / "tmp" / "chat").read_text() == "kept"
    assert (own_folder / "installation_id").read_text() == "new"


def test_opencode_gets_all_its_apis_over_the_users_own_configuration(
    folder: PrivateFolder,
) -> None:
    own = {"theme": "x", "provider": {"anthropic": {"models": {"m": {}}}}}
    _, variables = launched(
        use_of("opencode"), folder, {"OPENCODE_CONFIG_CONTENT": json.dumps(own)}
    )
    config = json.loads(variables["OPENCODE_CONFIG_CONTENT"])
    options = {name: entry["options"] for name, entry in config["provider"].items()}
    assert options == {
        "anthropic": {"baseURL": f"{PROXY}/anthropic/v1", "apiKey": TOKEN},
        "openai": {"baseURL": f"{PROXY}/openai/v1", "apiKey": TOKEN},
        "google": {"baseURL": f"{PROXY}/google-gemini/v1beta", "apiKey": TOKEN},
    }
    assert config["theme"] == "x"
    assert config["provider"]["anthropic"]["models"] == {"m": {}}


def test_aider_gets_a_file_that_comes_after_the_projects_own(folder: PrivateFolder) -> None:
    arguments, variables = launched(use_of("aider"), folder)
    assert arguments[0] == "--env-file"
    lines = dict(line.split("=", 1) for line in Path(arguments[1]).read_text().splitlines())
    assert variables.items() <= lines.items()
    assert lines["OPENAI_API_BASE"] == f"{PROXY}/openai/v1"
    assert lines["ANTHROPIC_API_BASE"] == f"{PROXY}/anthropic"
    assert lines["GEMINI_API_BASE"] == f"{PROXY}/google-gemini/v1beta"
    assert lines["AIDER_OPENAI_API_KEY"] == lines["GEMINI_API_KEY"] == TOKEN


def test_llm_gets_no_stored_key_of_the_user(folder: PrivateFolder, tmp_path: Path) -> None:
    use = use_of("llm")
    _, variables = launched(use, folder, {"HOME": str(tmp_path)})
    assert variables["OPENAI_API_KEY"] == variables["ANTHROPIC_API_KEY"] == TOKEN
    assert variables["OPENAI_BASE_URL"] == f"{PROXY}/openai/v1"
    # Without stored keys, the variables are enough.
    assert "LLM_USER_PATH" not in variables
    own = tmp_path / "own"
    own.mkdir()
    (own / "keys.json").write_text('{"openai": "sk-real", "mistral": "real"}')
    (own / "logs.db").write_text("log")
    _, variables = launched(use, folder, {"LLM_USER_PATH": str(own)})
    stand_in = Path(variables["LLM_USER_PATH"])
    assert json.loads((stand_in / "keys.json").read_text()) == {
        "anthropic": TOKEN,
        "openai": TOKEN,
    }
    assert (stand_in / "logs.db").read_text() == "log"
    folder.close()
    assert "sk-real" in (own / "keys.json").read_text()


@pytest.mark.parametrize("agent", ["opencode", "aider"])
def test_two_apis_that_an_agent_cannot_tell_apart_are_refused(
    agent: str, folder: PrivateFolder
) -> None:
    use = use_of(agent, "one", "two", stored="one=openai two=openai")
    with pytest.raises(CliError, match="cannot use two of these APIs at once") as raised:
        launched(use, folder)
    assert "--api" in raised.value.message


@pytest.mark.parametrize("name", [name for name, each in AGENTS.items() if each.commands])
def test_every_agent_gets_every_api_of_its_profile(
    name: str, folder: PrivateFolder, tmp_path: Path
) -> None:
    slugs = [each.provider for each in AGENTS[name].connections if each.provider is not None]
    for slug in slugs:
        private = PrivateFolder(tmp_path / "tmp")
        arguments, variables = launched(
            use_of(name, slug, stored=" ".join(slugs)), private, {"HOME": str(tmp_path)}
        )
        everything: list[Any] = [*arguments, *variables.values()]
        everything += [text for _, text in private.files()]
        assert TOKEN in "".join(everything)
        assert f"{PROXY}/{slug}" in "".join(everything)
        private.close()
