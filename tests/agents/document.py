"""Write the results of the matrix into docs/agents.md, between its markers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tests.agents.installation import AGENT_PACKAGES, version
from tests.agents.rows import AGENTS, FEATURES, TriedAgent

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "agents.md"
_PART = re.compile(r"(<!-- matrix: [^>]*-->\n).*?(\n<!-- end -->)", re.DOTALL)


def row(agent: TriedAgent, found: Mapping[str, str]) -> str:
    """Return the line of an agent, with the contents of its cells."""
    package = AGENT_PACKAGES[agent.name].package
    cells = [agent.title, f"`{package}` {version(agent.name)}", *(found[name] for name in FEATURES)]
    return f"| {' | '.join(cells)} |"


def with_row(text: str, agent: TriedAgent, found: Mapping[str, str]) -> str:
    """Return the document with a new line of one agent, and those of other agents as they are."""
    rows = []
    for each in AGENTS.values():
        start = f"| {each.title} | `"
        kept = [line for line in present_rows(text) if line.startswith(start)]
        rows += [row(agent, found)] if each is agent else kept
    return with_table(text, rows)


def with_table(text: str, rows: list[str]) -> str:
    """Return the document with these lines in the table, and with the legend."""
    headings = ["agent", "version", *(heading for heading, _ in FEATURES.values())]
    legend = [f"- **{heading}**: {meaning}" for heading, meaning in FEATURES.values()]
    head = [f"| {' | '.join(headings)} |", "|---" * len(headings) + "|"]
    part = "\n".join([*head, *rows, "", *legend])
    assert len(_PART.findall(text)) == 1
    return _PART.sub(lambda match: f"{match[1]}\n{part}\n{match[2]}", text)


def present_rows(text: str) -> list[str]:
    """Return the lines of the table that the document has."""
    starts = tuple(f"| {agent.title} | `" for agent in AGENTS.values())
    return [line for line in text.splitlines() if line.startswith(starts)]
