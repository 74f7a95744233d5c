"""Response models of agents and editors that call APIs through the proxy."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from api.schemas.fields import ResponseModel

_PLACEHOLDERS = (
    "Replace `{token}`; `{api_name}`; `{api_url}`, the API's URL at the proxy; `{base_url}`, the "
    "same with the provider's `sdk_path`; and `{openai_url}`, with its `openai_path`."
)


class InstallView(ResponseModel, frozen=True, kw_only=True):
    """Where an agent comes from."""

    registry: Annotated[
        Literal["npm", "PyPI", "GitHub", "editor"],
        Meta(description="The registry, or `editor` for an editor or its extension."),
    ]
    package: Annotated[str, Meta(description="The name in the registry.")]
    line: Annotated[str, Meta(description="A command or sentence that installs it.")]


class SnippetView(ResponseModel, frozen=True, kw_only=True):
    """Lines that set up an agent by hand, with placeholders."""

    language: Annotated[Literal["sh", "json", "toml", "yaml"], Meta(description="The language.")]
    file: Annotated[
        str | None, Meta(description="The file in which they belong. Null for a terminal.")
    ]
    text: Annotated[str, Meta(description=f"The lines. {_PLACEHOLDERS}")]


class EditorSettingView(ResponseModel, frozen=True, kw_only=True):
    """A field of an editor's settings page."""

    name: Annotated[str, Meta(description="The field's name.")]
    value: Annotated[str, Meta(description="What to enter, with the placeholders of snippets.")]


class AgentConnectionView(ResponseModel, frozen=True, kw_only=True):
    """How an agent calls an API."""

    provider: Annotated[
        str | None,
        Meta(
            description="The API's provider. Null for any API that is compatible with OpenAI's: "
            "one whose provider has an `openai_path`."
        ),
    ]
    run: Annotated[
        str,
        Meta(
            description="The command line that sets up everything: it starts the agent with a "
            "token of its own, or shows an editor's settings. Replace `{api_name}`."
        ),
    ]
    snippets: Annotated[list[SnippetView], Meta(description="The same by hand.")]
    settings: Annotated[
        list[EditorSettingView], Meta(description="What to enter in an editor's settings.")
    ]
    note: Annotated[str, Meta(description="What to know about it. Empty if there is nothing.")]


class AgentView(ResponseModel, frozen=True, kw_only=True):
    """An agent or editor that can call APIs through the proxy."""

    name: Annotated[str, Meta(description="Its short name.")]
    title: Annotated[str, Meta(description="Its name for people.")]
    kind: Annotated[
        Literal["command", "editor"],
        Meta(description="`command` is started in a terminal; an `editor` has settings to enter."),
    ]
    commands: Annotated[
        list[str], Meta(description="The names of its command. Empty for an editor.")
    ]
    install: Annotated[InstallView, Meta(description="Where it comes from.")]
    docs: Annotated[
        str,
        Meta(description="Its documentation.", extra_json_schema={"format": "uri"}),
    ]
    connections: Annotated[
        list[AgentConnectionView],
        Meta(description="The APIs that it can call, the preferred one first."),
    ]
