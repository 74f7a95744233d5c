"""The cells of the matrix: what an agent does through the product."""

from __future__ import annotations

import threading

from tests.agents.rows import MADE, TriedAgent
from tests.agents.standins.models import SECRETS
from tests.agents.standins.script import ANSWER, RESULT, WORDS, Script
from tests.agents.world import OWN_KEY, Conversation, World

_REVOKED = "This personal access token has been revoked or has expired. Create a new token in API"
_LIMIT = "This token's limit of 1 requests in 3600 s is exhausted. Try again in"
_BUDGET = "The budget of 0.5 USD a month for"
_SCOPE = "This personal access token does not cover the API name"


def answer(world: World, agent: TriedAgent) -> tuple[str, ...]:
    """Check a first answer, and that it is streamed.

    An agent that prints pieces prints the first word before the model says the second.
    """
    if agent.streaming is not None:
        finished = Conversation(world, agent, Script()).run((), ())
        assert finished.code == 0 and ANSWER in finished.shown, finished
    has_pieces = agent.streams_plainly or agent.streaming is not None
    pause = threading.Event() if has_pieces else None
    conversation = Conversation(world, agent, Script(pause=pause))
    early: list[str] = []

    def release(shown: str) -> bool:
        if pause is not None and not pause.is_set() and WORDS[0] in shown:
            early.append(shown)
            pause.set()
        return False

    finished = conversation.run((), agent.streaming or (), release)
    assert finished.code == 0 and ANSWER in finished.shown, finished
    assert any(asked.is_stream for asked in conversation.models.script.asked)
    _check_requests(conversation)
    if not has_pieces:
        return "yes", "whole"
    assert early and WORDS[1] not in early[0].partition(WORDS[0])[2], finished
    return "yes", "yes"


def tool(world: World, agent: TriedAgent) -> tuple[str, ...]:
    """Check that the agent runs a tool and sends its result, and that it has no key.

    The tool writes down its environment.
    """
    conversation = _with_tool(world, agent)
    finished = conversation.run((), agent.tool_arguments)
    assert finished.code == 0, finished
    assert (conversation.work / "made.txt").exists(), finished
    assert MADE in finished.shown, finished
    script = conversation.models.script
    if agent.tool is not None:
        assert RESULT.strip() in finished.shown, finished
        assert any(MADE in (asked.result or "") for asked in script.asked)
    else:
        assert MADE.encode() in conversation.models.received[-1].body
    _check_requests(conversation)
    _check_secrets(conversation)
    return "yes", "yes"


def revoked(world: World, agent: TriedAgent) -> tuple[str, ...]:
    """Check what the agent prints after its token was revoked."""
    conversation = _with_tool(world, agent)
    account = conversation.account

    def revoke() -> None:
        [token] = account.call("GET", "/api/tokens").json["items"]
        assert account.call("DELETE", f"/api/tokens/{token['token_id']}").status == 204

    conversation.models.after_first = revoke
    return _refused(conversation, agent, (), _REVOKED)


def limit(world: World, agent: TriedAgent) -> tuple[str, ...]:
    """Check what the agent prints after its token's limit was reached."""
    conversation = _with_tool(world, agent)
    return _refused(conversation, agent, ("--limit", "1/1h"), _LIMIT)


def scope(world: World, agent: TriedAgent) -> tuple[str, ...]:
    """Check what the agent prints after its token lost the API."""
    conversation = _with_tool(world, agent)
    account = conversation.account

    def narrow() -> None:
        [token] = account.call("GET", "/api/tokens").json["items"]
        changed = {"apis": ["another"]}
        answer = account.call("PATCH", f"/api/tokens/{token['token_id']}", changed)
        assert answer.status == 200, answer.body

    conversation.models.after_first = narrow
    return _refused(conversation, agent, (), _SCOPE)


def budget(world: World, agent: TriedAgent) -> tuple[str, ...]:
    """Check what the agent prints after a budget was used up."""
    conversation = _with_tool(world, agent)
    account = conversation.account

    def limit_spend() -> None:
        prices = {"rules": [{"per_call_usd": 1}]}
        answer = account.call("PUT", f"/api/prices/{agent.api}", prices)
        assert answer.status == 200, answer.body
        body = {"scope": {"type": "api", "api_name": agent.api}, "period": "month",
                "amount_usd": 0.5}  # fmt: skip
        answer = account.call("POST", "/api/budgets", body)
        assert answer.status == 201, answer.body

    conversation.models.after_first = limit_spend
    return _refused(conversation, agent, (), _BUDGET)


RUNS = {
    ("answer", "stream"): answer,
    ("tool", "private"): tool,
    ("revoked",): revoked,
    ("limit",): limit,
    ("scope",): scope,
    ("budget",): budget,
}
"""The checks by the features whose cells they return."""


def _with_tool(world: World, agent: TriedAgent) -> Conversation:
    return Conversation(world, agent, Script(call=agent.tool, text=agent.text))


def _refused(
    conversation: Conversation, agent: TriedAgent, options: tuple[str, ...], message: str
) -> tuple[str, ...]:
    """Check that the agent prints our message, and that only its first request got through."""
    finished = conversation.run(
        options, agent.tool_arguments, lambda shown: agent.repeats and message in shown
    )
    assert message in finished.shown, finished
    assert len(conversation.models.received) == 1
    _check_requests(conversation)
    return ("yes",)


def _check_secrets(conversation: Conversation) -> None:
    """Check that no key is in the tool's environment or in a file, and that the token is gone."""
    environment = (conversation.work / "environment.txt").read_text()
    assert "PATH=" in environment
    files = [path for path in conversation.home.rglob("*") if path.is_file()]
    for secret in (*SECRETS.values(), OWN_KEY):
        assert secret not in environment
        assert not [path for path in files if secret.encode() in path.read_bytes()]
    assert conversation.account.call("GET", "/api/tokens").json["items"] == []


def _check_requests(conversation: Conversation) -> None:
    """Check that the models understood every request, and that none has the token."""
    assert conversation.models.failures == []
    assert conversation.models.received
    for received in conversation.models.received:
        assert "apd_" not in repr(received.headers) + received.target
        assert b"apd_" not in received.body
