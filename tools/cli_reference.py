"""Generate the reference of commands in docs/cli.md from the commands, as `make types` does."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

from api.cli.main import PROGRAM, cli
from tools.generated_part import replace_generated_part

DOCS = Path(__file__).resolve().parent.parent / "docs" / "cli.md"

_HEAD = "Examples:"
_ESCAPES = str.maketrans({"*": "\\*", "<": "\\<"})


def write() -> None:
    """Write the reference."""
    DOCS.write_text(docs_with_reference(DOCS.read_text(encoding="utf-8")), encoding="utf-8")


def docs_with_reference(text: str) -> str:
    """Return the text of docs/cli.md with a new reference. Raises ValueError without markers."""
    return replace_generated_part(text, "api/cli", reference())


def reference() -> str:
    """Return a section in Markdown for each command."""
    return "\n".join(_section(name, command) for name, command in all_commands())


def all_commands() -> Iterator[tuple[str, click.Command]]:
    """Yield each command that is no group, with its whole name."""
    yield from _below(PROGRAM, cli)


def examples(command: click.Command) -> list[str]:
    """Return the lines of the examples in a command's help."""
    _, _, rest = inspect.cleandoc(command.help or "").partition(_HEAD)
    return [line.removeprefix("  ") for line in rest.splitlines() if line.strip()]


def _below(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for each in command.list_commands(context):
        found = command.get_command(context, each)
        assert found is not None, each
        yield from _below(f"{name} {each}", found)


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    text, _, _ = inspect.cleandoc(command.help or "").partition(_HEAD)
    paragraphs = [
        _marked_up(" ".join(paragraph.split()))
        for paragraph in text.replace("\b", "").split("\n\n")
        if paragraph.strip()
    ]
    lines = [f"### {name}", "", f"`{usage}`", "", *_joined(paragraphs)]
    shown = examples(command)
    if shown:
        lines += ["```sh", *shown, "```", ""]
    options = [_option(option) for option in command.params if isinstance(option, click.Option)]
    if options:
        lines += ["| option | meaning |", "|---|---|", *options, ""]
    return "\n".join(lines)


def _joined(paragraphs: list[str]) -> list[str]:
    return [line for paragraph in paragraphs for line in (paragraph, "")]


def _option(option: click.Option) -> str:
    names = ", ".join(option.opts)
    if not option.is_flag:
        names += f" {option.make_metavar(click.Context(cli))}"
    return f"| `{names.replace('|', chr(92) + '|')}` | {_marked_up(option.help or '')} |"


def _marked_up(text: str) -> str:
    """Return a help text with options and API names in code."""
    return re.sub(r"(?<![\w`-])(--[a-z][a-z-]*[a-z])(?![\w`])", r"`\1`", text).translate(_ESCAPES)
