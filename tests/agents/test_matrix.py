"""Coding agents from their registries, started by `api-dashboard run` without any network but
loopback; and docs/agents.md, which says what came out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.agents.cells import RUNS
from tests.agents.document import DOCUMENT, present_rows, row, with_row, with_table
from tests.agents.installation import NoPython, installed
from tests.agents.rows import AGENTS
from tests.agents.world import World

Running = dict[tuple[str, ...], Future[tuple[str, ...]]]
# Agents with a cell that waits come last, so that it waits during the tests of the others.
NAMES = sorted(AGENTS, key=lambda name: bool(AGENTS[name].waits))


@pytest.fixture(scope="module")
def waiting(world: World, request: pytest.FixtureRequest) -> Iterator[dict[str, Running]]:
    """The cells of the chosen agents that mostly wait. They run during the tests of the others."""
    chosen = {
        item.callspec.params["name"]
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.originalname == test_an_agent_works_unchanged.__name__
    }
    agents = [agent for agent in AGENTS.values() if agent.name in chosen and agent.waits]
    with ThreadPoolExecutor(max(len(agents), 1)) as pool:
        yield {agent.name: {agent.waits: pool.submit(RUNS[agent.waits], world, agent)}
               for agent in agents}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_an_agent_works_unchanged(world: World, waiting: dict[str, Running], name: str) -> None:
    try:
        installed(name)
    except NoPython as error:
        pytest.skip(str(error))
    agent = AGENTS[name]
    # An agent mostly waits, so several run at once.
    with ThreadPoolExecutor(3) as pool:
        running = dict(waiting.get(name, {}))
        for features, run in RUNS.items():
            if features not in running:
                running[features] = pool.submit(run, world, agent)
    failures: dict[str, str] = {}
    found: dict[str, str] = {}
    for features, done in running.items():
        failure = done.exception()
        if failure is not None:
            failures |= dict.fromkeys(features, str(failure))
        cells = done.result() if failure is None else ("**no**",) * len(features)
        found |= zip(features, cells, strict=True)
    if os.environ.get("WRITE_AGENT_DOCS"):
        DOCUMENT.write_text(with_row(DOCUMENT.read_text(), agent, found))
    assert failures == {}
    assert row(agent, found) in DOCUMENT.read_text().splitlines(), "run `make agent-docs`"


def test_the_document_explains_the_table_of_all_agents() -> None:
    text = DOCUMENT.read_text()
    rows = present_rows(text)
    assert len(rows) == len(AGENTS)
    assert with_table(text, rows) == text, "run `make agent-docs`"
