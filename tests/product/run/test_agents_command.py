"""`api-dashboard agents`: the list of agents, and the settings of editors."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.product.run.conftest import CommandLine

InProcess = Callable[..., tuple[int, str, str]]


def test_the_list_says_what_is_installed_and_which_apis_have_a_key(
    command_line: CommandLine, in_process: InProcess, install: Callable[[str], Path]
) -> None:
    install("claude")
    code, out, err = in_process("agents", "list", "--json")
    assert code == 0, err
    agents = {agent["name"]: agent for agent in json.loads(out)["items"]}
    assert agents["claude"]["program"] == str(command_line.home / "bin" / "claude")
    assert agents["claude"]["apis"] == ["anthropic"]
    assert agents["codex"]["apis"] == ["anthropic", "groq", "openai"]
    assert agents["gemini"]["apis"] == []
    code, out, _ = in_process("agents")
    rows = [line.split() for line in out.splitlines()]
    assert ["claude", "Claude", "Code", "yes", "anthropic"] in rows
    assert ["gemini", "Gemini", "CLI", "no", "none", "(google-gemini)"] in rows


def test_the_settings_of_an_editor_have_a_token_only_if_asked(
    command_line: CommandLine, in_process: InProcess
) -> None:
    url = command_line.account.client.url
    code, out, err = in_process("agents", "show", "cline")
    assert code == 0, err
    assert f"Use custom base URL  {url}/proxy/anthropic\n" in out
    assert "Anthropic API Key    <token>\n" in out
    code, out, err = in_process("agents", "show", "cursor", "--api", "groq", "--create-token")
    [token] = command_line.tokens()
    command_line.account.call("DELETE", f"/api/tokens/{token['token_id']}")
    assert (code, token["apis"], token["name"]) == (0, ["groq"], "Cursor (groq)")
    assert f"{url}/proxy/groq/openai/v1\n" in out
    assert "apd_" in out and token["token_id"] in err
    process = command_line.start("agents", "show", "zed", "--token-stdin", stdin=subprocess.PIPE)
    out, _ = process.communicate("apd_own\n", timeout=60)
    assert "apd_own" in out
    assert f'"api_url": "{url}/proxy/anthropic"' in out


def test_trouble_is_one_sentence(in_process: InProcess) -> None:
    code, _, err = in_process("agents", "show", "clin")
    assert (code, "did you mean cline?" in err) == (2, True)
    code, _, err = in_process("agents", "show", "cline", "--api", "stripe")
    assert (code, "`api-dashboard keys add stripe`" in err) == (1, True)


def test_own_agents_come_from_the_configuration_folder(
    command_line: CommandLine, in_process: InProcess, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.mkdir()
    logins = Path(command_line.variables["API_DASHBOARD_CONFIG"]) / "logins"
    (config / "logins").symlink_to(logins)
    entry = {
        "name": "mine",
        "title": "Mine",
        "commands": ["true"],
        "install": {"registry": "npm", "package": "mine", "line": "npm install -g mine"},
        "docs": "https://mine.example/",
        "connections": [{"provider": "groq", "variables": {"U": "{base_url}", "K": "{token}"}}],
    }
    editor = {
        **{name: entry[name] for name in ("install", "docs")},
        "name": "editor",
        "title": "Editor",
        "kind": "editor",
        "connections": [
            {
                "provider": "mistral",
                "settings": [{"name": "Key of {base_url}", "value": "{token}"}],
            },
            {"settings": [{"name": "Any", "value": "{openai_url} {token}"}]},
        ],
    }
    own = {"API_DASHBOARD_CONFIG": str(config)}
    (config / "agents.json").write_text(json.dumps([entry, editor]))
    code, out, err = in_process("run", "--print", "--", "true", **own)
    assert code == 0, err
    assert "export 'K=<token>'\n" in out
    # Its preferred provider has no key, so it gets the first API that it can use.
    code, out, err = in_process("agents", "show", "editor", **own)
    assert code == 0, err
    assert out.startswith("Editor with ") and "/proxy/" in out
    (config / "agents.json").write_text('[{"name": "mine"}]')
    code, _, err = in_process("run", "--", "true", **own)
    assert (code, err.count("\n")) == (2, 1)
    assert "Entry 1 (mine)" in err
