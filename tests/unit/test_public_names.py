"""No public class or function name is defined in two modules."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Entry points, whose name is a convention.
ENTRY_POINTS = {"main"}
# Codec functions of storage modules, which are called with their module: `marshal.encode`,
# `sightings.decode`, `tokens.sort_key`.
CODEC_FUNCTIONS = {"decode", "encode", "sort_key"}

# TEMPORARY: names that other branches of this change still have to make unique.
TO_BE_RENAMED = {"Table", "build", "clean_headers", "read_settings"}


def public_names() -> dict[str, list[str]]:
    """Return the modules that define each public top-level class and function."""
    owners = defaultdict(list)
    for package in ("api", "infra"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(
                    node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
                ) and not node.name.startswith("_"):
                    owners[node.name].append(path.relative_to(ROOT).as_posix())
    return owners


def test_every_public_name_is_defined_in_one_module() -> None:
    allowed = ENTRY_POINTS | CODEC_FUNCTIONS | TO_BE_RENAMED
    duplicates = {
        name: modules
        for name, modules in public_names().items()
        if len(modules) > 1 and name not in allowed
    }
    assert duplicates == {}


def test_every_exception_is_needed() -> None:
    names = public_names()
    exceptions = ENTRY_POINTS | CODEC_FUNCTIONS
    assert {name for name in exceptions if len(names.get(name, ())) < 2} == set()
