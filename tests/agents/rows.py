"""The rows and columns of the matrix of agents: how each is started, and what is tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.agents.standins.script import ToolCall

FEATURES = {
    "answer": (
        "answer",
        "The agent answers the first prompt in a new home folder, without asking questions.",
    ),
    "stream": (
        "stream",
        "The agent prints an answer that arrives as server-sent events, wherever they are split. "
        "*whole*: the agent requests a stream, but prints the answer at its end.",
    ),
    "tool": (
        "tool",
        "The agent runs a tool that the model calls, sends the result, and prints the model's "
        "answer to it.",
    ),
    "revoked": (
        "401",
        "The token is revoked while the agent works. The agent prints the dashboard's message.",
    ),
    "limit": (
        "429",
        "The token's limit is reached while the agent works. The agent prints the dashboard's "
        "message.",
    ),
    "scope": (
        "403",
        "The API is removed from the token's scope while the agent works. The agent prints the "
        "dashboard's message.",
    ),
    "budget": (
        "budget",
        "A budget is used up while the agent works. The agent prints the dashboard's message.",
    ),
    "private": (
        "private",
        "The key is neither in the agent's environment nor in its files, the token does not reach "
        "the API, and the agent needs no other host.",
    ),
}
"""The columns: a heading, and what is tried."""

MADE = "made-42"
# The shell makes 42 of 0x2A, so that the text is nowhere before the tool runs.
_SHELL = "env > environment.txt; printf 'made-%d' 0x2A | tee made.txt"
_EDIT = "made.txt\n```\n<<<<<<< SEARCH\n=======\nby the agent\n>>>>>>> REPLACE\n```\n"


@dataclass(frozen=True)
class TriedAgent:
    """A row. `arguments` makes the agent's arguments from a prompt, `streaming` the arguments with
    which it prints an answer piece by piece.

    `tool` is the call with which the model makes the agent run a command; if it is None, the model
    writes `text`, and the agent runs the command itself. `patience` are the seconds that it may
    take to give up. If it `repeats` calls longer than that, it is ended after our message. `waits`
    names the features of the cell in which it waits for most of this time.
    """

    name: str
    title: str
    api: str
    arguments: Callable[[str], list[str]]
    tool: ToolCall | None
    tool_arguments: tuple[str, ...] = ()
    text: str | None = None
    streaming: tuple[str, ...] | None = None
    streams_plainly: bool = False
    variables: dict[str, str] = field(default_factory=dict)
    patience: int = 60
    repeats: bool = False
    waits: tuple[str, ...] = ()


AGENTS = {
    agent.name: agent
    for agent in (
        TriedAgent(
            "claude", "Claude Code", "anthropic",
            lambda prompt: ["-p", "--allowedTools", "Bash", "--", prompt],
            ToolCall("Bash", {"command": _SHELL, "description": "Make a file"}),
            streaming=("--output-format", "stream-json", "--verbose", "--include-partial-messages"),
        ),
        TriedAgent(
            "codex", "Codex", "openai",
            lambda prompt: ["exec", "--skip-git-repo-check", "-m", "gpt-5.2",
                            "--dangerously-bypass-approvals-and-sandbox", prompt],
            ToolCall("exec_command", {"cmd": _SHELL}),
        ),
        TriedAgent(
            "gemini", "Gemini CLI", "google-gemini",
            lambda prompt: ["-m", "gemini-2.5-flash", "-y", "-p", prompt],
            ToolCall("run_shell_command", {"command": _SHELL, "description": "Make a file"}),
            streams_plainly=True,
            variables={"GEMINI_CLI_TRUST_WORKSPACE": "true"},
        ),
        TriedAgent(
            "opencode", "opencode", "anthropic",
            lambda prompt: ["run", "-m", "anthropic/claude-sonnet-4-5", prompt],
            ToolCall("bash", {"command": _SHELL, "description": "Make a file"}),
            patience=150,
            waits=("limit",),
        ),
        TriedAgent(
            "aider", "aider", "openai",
            lambda prompt: ["--model", "openai/gpt-4o", "--no-git", "--yes-always",
                            "--no-check-update", "--map-tokens", "0", "--message", prompt],
            None,
            tool_arguments=("--auto-test", "--test-cmd",
                            "test -e seen || { touch seen; " + _SHELL
                            + "; exit 1; }"),
            text=_EDIT,
            streams_plainly=True,
            repeats=True,
        ),
        TriedAgent(
            "llm", "llm", "openai",
            lambda prompt: ["-m", "gpt-4o-mini", "--functions",
                            "import subprocess\ndef shell(command: str) -> str:\n"
                            "    return subprocess.check_output(command, shell=True, text=True)",
                            prompt],
            ToolCall("shell", {"command": _SHELL}),
            streams_plainly=True,
        ),
    )
}  # fmt: skip
