"""The endpoint of agents and editors that call APIs through the proxy (`/api/agents`)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from api.endpoint import EndpointGroup, RequestContext
from api.errors import Problem
from api.routes.paging import PageQuery, page_body, position, slice_page
from api.schemas.agents import (
    AgentConnectionView,
    AgentView,
    EditorSettingView,
    InstallView,
    SnippetView,
)
from api.schemas.fields import listing
from api.services.keys.agents import Agent, AgentConnection, built_in_agents, run_line, snippets

group = EndpointGroup("Agents")


class AgentQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """A page of the agents."""

    provider: (
        Annotated[
            str,
            Meta(
                max_length=100,
                description="A provider's slug: only the agents that can call its API, and how.",
            ),
        ]
        | None
    ) = None


@group.endpoint(
    "GET", "/api/agents", "List the agents and editors", query=AgentQuery,
    response=listing(AgentView), problems=("invalid_cursor", "not_found"),
)  # fmt: skip
def list_agents(context: RequestContext, query: AgentQuery) -> dict[str, object]:
    """Return agents and editors with the lines that set them up, sorted by name."""
    after = position(context, "agents", query.cursor)
    usable = sorted(_usable(context, query.provider), key=lambda each: each[0].name)
    page = slice_page(usable, lambda each: each[0].name, query.limit, after)
    views = [_view(agent, connections) for agent, connections in page.items]
    return page_body(context, "agents", views, page.next)


def _usable(
    context: RequestContext, slug: str | None
) -> list[tuple[Agent, tuple[AgentConnection, ...]]]:
    """Return the agents with their connections, or with the one for the provider `slug`."""
    if slug is None:
        return [(agent, agent.connections) for agent in built_in_agents()]
    provider = context.services.catalogue.get(slug)
    if provider is None:
        raise Problem("not_found", "There is no such provider.")
    compatible = provider.openai_path is not None
    found = [(agent, agent.connection(slug, compatible)) for agent in built_in_agents()]
    return [(agent, (connection,)) for agent, connection in found if connection is not None]


def _view(agent: Agent, connections: tuple[AgentConnection, ...]) -> AgentView:
    return AgentView(
        name=agent.name,
        title=agent.title,
        kind=agent.kind,
        commands=list(agent.commands),
        install=InstallView(
            registry=agent.install.registry,
            package=agent.install.package,
            line=agent.install.line,
        ),
        docs=agent.docs,
        connections=[_connection_view(agent, connection) for connection in connections],
    )


def _connection_view(agent: Agent, connection: AgentConnection) -> AgentConnectionView:
    return AgentConnectionView(
        provider=connection.provider,
        run=run_line(agent),
        snippets=[
            SnippetView(language=snippet.language, file=snippet.file, text=snippet.text)
            for snippet in snippets(agent, connection)
        ],
        settings=[
            EditorSettingView(name=setting.name, value=setting.value)
            for setting in connection.settings
        ],
        note=connection.note,
    )
