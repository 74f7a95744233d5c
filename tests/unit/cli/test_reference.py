"""docs/cli.md and the help of the commands keep up with the code."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from api.cli import errors
from api.cli.main import COMMANDS, PROGRAM
from tests.conftest import ROOT
from tools import cli_reference

DOCS = cli_reference.DOCS.read_text(encoding="utf-8")
LEAVES = dict(cli_reference.all_commands())


def test_the_reference_is_up_to_date() -> None:
    """If this fails, run `make types`."""
    assert cli_reference.docs_with_reference(DOCS) == DOCS
    headings = re.findall(r"^### (api-dashboard .+)$", DOCS, re.MULTILINE)
    assert headings == list(LEAVES)
    assert {name.split()[1] for name in headings} == set(COMMANDS)


def test_the_exit_codes_are_documented() -> None:
    codes = {
        value for name, value in vars(errors).items() if name.isupper() and isinstance(value, int)
    }
    table = DOCS.partition("## Exit codes")[2].partition("\n## ")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == codes


def test_the_variables_are_documented() -> None:
    text = (ROOT / "api" / "cli" / "places.py").read_text()
    read = set(re.findall(r'get\(\s*"([A-Z_]+)"', text))
    table = DOCS.partition("## Files and variables")[2].partition("\n## ")[0]
    # The terminal and the session set the others.
    known = {"DISPLAY", "HOME", "SSH_CONNECTION", "TERM", "WAYLAND_DISPLAY", "API_DASHBOARD_DATA"}
    assert read - known <= set(re.findall(r"[A-Z][A-Z_]+", table))


@pytest.mark.parametrize("name", LEAVES)
def test_each_command_explains_itself(name: str) -> None:
    command = LEAVES[name]
    first = (command.help or "").strip().split("\n")[0]
    assert first[:1].isupper()
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help and option.help.endswith((".", "d.")), option.name


def example_lines() -> list[str]:
    """Return the lines of all examples in docs/cli.md, also those of the reference."""
    blocks = re.findall(r"```sh\n(.*?)```", DOCS, re.DOTALL)
    return "".join(blocks).replace("\\\n", " ").splitlines()


@pytest.mark.parametrize("line", sorted(set(example_lines())))
def test_each_example_has_a_command_and_options_that_exist(line: str) -> None:
    words = shlex.split(re.sub(r"[$()\"]", " ", line), comments=True)
    for part in " ".join(words).split("|"):
        found = part.split()
        while found and found[0] != PROGRAM:
            found.pop(0)
        if not found:
            continue
        name = PROGRAM
        for word in found[1:3]:
            if any(leaf.startswith(f"{name} {word}") for leaf in LEAVES):
                name += f" {word}"
        if name not in LEAVES and f"{name} list" in LEAVES:
            name += " list"
        known = {"-h", "--help"} | {opt for each in LEAVES[name].params for opt in each.opts}
        given = [word for word in " ".join(found).partition(" -- ")[0].split() if word[:2] == "--"]
        assert set(given) <= known, (name, given)
