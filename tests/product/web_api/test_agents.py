"""`GET /api/agents`: agents and editors with the lines that set them up."""

from __future__ import annotations

from typing import Any

from tests.support.accounts import Account, problem


def agents(account: Account, query: str = "") -> dict[str, dict[str, Any]]:
    answer = account.call("GET", f"/api/agents{query}")
    assert answer.status == 200, answer.body
    return {agent["name"]: agent for agent in answer.json["items"]}


def test_agents_have_the_lines_for_each_api_that_they_can_call(account: Account) -> None:
    claude = agents(account)["claude"]
    assert claude["title"] == "Claude Code"
    assert claude["install"] == {
        "registry": "npm",
        "package": "@anthropic-ai/claude-code",
        "line": "npm install -g @anthropic-ai/claude-code",
    }
    [connection] = claude["connections"]
    assert connection["provider"] == "anthropic"
    assert connection["run"] == "api-dashboard run --api {api_name} -- claude"
    assert "export ANTHROPIC_BASE_URL={api_url}" in connection["snippets"][0]["text"]


def test_a_provider_leaves_the_agents_that_can_call_it_each_with_one_way(
    account: Account,
) -> None:
    everything = agents(account)
    for_groq = agents(account, "?provider=groq")
    assert "claude" not in for_groq
    assert for_groq["codex"]["connections"] == [everything["codex"]["connections"][1]]
    assert all(len(agent["connections"]) == 1 for agent in for_groq.values())
    assert agents(account, "?provider=stripe") == {}
    problem(account.call("GET", "/api/agents?provider=none"), 404, "not_found")


def test_agents_come_in_pages_and_only_for_users(account: Account) -> None:
    first = account.call("GET", "/api/agents?limit=2").json
    second = account.call("GET", f"/api/agents?limit=2&cursor={first['next_cursor']}").json
    names = [agent["name"] for agent in first["items"] + second["items"]]
    assert names == sorted(agents(account))[:4]
    problem(account.client.call("GET", "/api/agents"), 401, "authentication_required")
