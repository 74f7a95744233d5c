"""The types that threads share are prepared before they start."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import msgspec
import pytest

from api.struct_types import build_struct_types

ROOT = Path(__file__).resolve().parents[2]


def converted_types() -> list[tuple[str, str]]:
    """Return module and name of each struct type that the stored items are converted to."""
    found = []
    for path in sorted((ROOT / "api" / "storage").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) == "msgspec.convert"
                and isinstance(node.args[1], ast.Name)
            ):
                found.append((f"api.storage.{path.stem}", node.args[1].id))
    return found


@pytest.mark.parametrize(("module", "name"), converted_types())
def test_a_stored_type_can_be_prepared(module: str, name: str) -> None:
    struct = getattr(importlib.import_module(module), name)
    assert issubclass(struct, msgspec.Struct)
    msgspec.json.Decoder(struct)


def test_all_loaded_types_are_prepared() -> None:
    importlib.import_module("api.wiring.api")
    before = build_struct_types()
    assert before > 50

    struct = msgspec.defstruct("Example", ["number"], module="api.example")
    assert build_struct_types() == before + 1
    assert msgspec.structs.asdict(msgspec.convert({"number": 1}, struct)) == {"number": 1}
