"""No public class or function name is defined in two modules."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Entry points, whose name is a convention.
ENTRY_POINTS = {"main", "handler"}


def is_command(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether click calls a function by the name of a command."""
    return any(
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr in ("command", "group")
        for decorator in node.decorator_list
    )


def public_names() -> dict[str, list[str]]:
    """Return the modules that define each public top-level class and function."""
    owners = defaultdict(list)
    for package in ("api", "infra"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not (
                    node.name.startswith("_") or is_command(node)
                ):
                    owners[node.name].append(path.relative_to(ROOT).as_posix())
    return owners


def test_every_public_name_is_defined_in_one_module() -> None:
    duplicates = {
        name: modules
        for name, modules in public_names().items()
        if len(modules) > 1 and name not in ENTRY_POINTS
    }
    assert duplicates == {}


def test_every_exception_is_needed() -> None:
    names = public_names()
    assert {name for name in ENTRY_POINTS if len(names.get(name, ())) < 2} == set()
