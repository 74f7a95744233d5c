"""`make` tasks of the pages in web/: check style and types, run the unit tests, generate API types.

The TypeScript types of the API are generated from the OpenAPI document and committed, so that
building the pages needs no Python. `check` fails if they are out of date.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from api.openapi import document
from api.routes import GROUPS
from infra.building import BuildError
from infra.node import find_node
from tools import agent_lines, cli_reference, problem_texts, sdk_table

WEB = Path(__file__).resolve().parent.parent / "web"
TYPES = WEB / "src" / "api" / "schema.d.ts"


def check() -> int:
    """Check the style and types of the pages, and that the API types are up to date."""
    with tempfile.TemporaryDirectory() as folder:
        made = _make_types(Path(folder) / "schema.d.ts")
        if made.read_text(encoding="utf-8") != TYPES.read_text(encoding="utf-8"):
            print("The API has changed: run `make types` and adapt the pages.")
            return 1
    return _npm("run", "--silent", "check")


def test() -> int:
    """Run the unit tests of the pages."""
    return _npm("run", "--silent", "test")


def types() -> int:
    """Generate the API types."""
    _make_types(TYPES)
    problem_texts.write()
    sdk_table.write()
    agent_lines.write()
    cli_reference.write()
    return 0


def _make_types(target: Path) -> Path:
    endpoints = [endpoint for group in GROUPS for endpoint in group.endpoints]
    source = target.with_name("openapi.json")
    source.write_text(json.dumps(document(endpoints)), encoding="utf-8")
    try:
        status = _npm("run", "--silent", "types", "--", str(source), "--output", str(target))
    finally:
        source.unlink()
    if status != 0:
        raise SystemExit(status)
    return target


def _npm(*arguments: str) -> int:
    node = find_node()
    node.install(WEB, everything=True)
    return subprocess.run(
        [*node.npm, *arguments], cwd=WEB, env={**os.environ, **node.environment}, check=False
    ).returncode


if __name__ == "__main__":
    tasks = {"check": check, "test": test, "types": types}
    try:
        sys.exit(tasks[sys.argv[1]]())
    except BuildError as error:
        sys.exit(str(error))
