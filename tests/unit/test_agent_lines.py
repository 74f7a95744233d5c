"""The lines for agents and editors in docs/agents.md."""

from __future__ import annotations

import pytest

from tools import agent_lines


def test_the_lines_for_agents_are_current() -> None:
    text = agent_lines.DOCS.read_text(encoding="utf-8")
    assert text == agent_lines.docs_with_lines(text), "run `make types`"


def test_the_lines_have_the_address_of_one_machine_and_no_placeholder() -> None:
    lines = agent_lines.markdown_lines()
    assert "export ANTHROPIC_BASE_URL=http://127.0.0.1:8420/proxy/anthropic\n" in lines
    assert 'base_url = "http://127.0.0.1:8420/proxy/groq/openai/v1"' in lines
    assert "| API Provider | OpenAI Compatible |" in lines
    assert "{token}" not in lines and "_url}" not in lines


def test_a_document_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="markers"):
        agent_lines.docs_with_lines("# Agents and editors\n")
