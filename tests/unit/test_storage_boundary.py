"""Only api/storage knows key strings and DynamoDB expressions; api/aws knows the protocol."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

API = Path(__file__).resolve().parent.parent.parent / "api"
ALLOWED = ("storage", "aws")
KEY_STRING = re.compile(
    r"""
      \b[A-Z]{3,}\#                        # a prefix of a key, such as LOG#
    | ^(?:PK|SK|GSI1|GSI1PK|GSI1SK)$       # the name of a key attribute, or the index
    """,
    re.VERBOSE,
)
EXPRESSION = re.compile(
    r"""
      attribute_(?:not_)?exists | begins_with | if_not_exists
    | \bBETWEEN\ :
    | \b(?:SET|REMOVE|ADD)\ [\#a-z]        # an update
    | ^:[a-z]\w*$ | ^\#[a-z]\w*$           # a placeholder of a value or a name
    | (?:Condition|Update|Filter)Expression | ExpressionAttribute
    | ExclusiveStartKey | LastEvaluatedKey | TransactItems | ReturnValues
    """,
    re.VERBOSE,
)
KEY_FUNCTION = re.compile(r"\w*(?:_partition|_sort_key)|PROFILE|as_(?:item|pool|key|token|user)")


def findings(source: str) -> Iterator[tuple[int, str]]:
    """Find DynamoDB syntax and key strings in a module: line and text.

    Looks at every string literal, also in f-strings and docstrings, and at imports from storage.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if KEY_STRING.search(node.value) or EXPRESSION.search(node.value):
                yield node.lineno, node.value
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("api.storage"):
            for name in node.names:
                if KEY_FUNCTION.fullmatch(name.name):
                    yield node.lineno, name.name


def test_no_module_outside_storage_knows_keys_or_expressions() -> None:
    modules = [
        module for module in API.rglob("*.py") if module.relative_to(API).parts[0] not in ALLOWED
    ]
    assert len(modules) > 100
    found = [
        f"{module.relative_to(API)}:{line}: {text}"
        for module in sorted(modules)
        for line, text in findings(module.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        'key = f"USER#{name}"',
        'prefix = "RATELIMIT#"',
        'position = {"SK": after}',
        "index = 'GSI1'",
        'condition = "attribute_not_exists(deleting)"',
        'where = "#ttl < :now AND begins_with(SK, :prefix)"',
        'where = "#status BETWEEN :low AND :high"',
        'update = "SET #ttl = :ttl"',
        'update = f"ADD {name} :one SET updated_at = :now"',
        'update = "REMOVE rest_until"',
        'values = {":now": 1}',
        'names = {"#ttl": "ttl"}',
        'payload = {"ConditionExpression": text}',
        '"""Return the items below LOG#."""',
        "from api.storage.users import user_partition",
        "from api.storage.tokens import Token, token_sort_key",
    ],
)
def test_keys_and_expressions_are_found(line: str) -> None:
    assert list(findings(line)) != []


@pytest.mark.parametrize(
    "line",
    [
        'text = "Set a limit. Add a key. Remove it."',
        'detail = "At most 5 reservations: remove one."',
        "from api.storage.tokens import Token, Tokens",
        'path = "/api/keys/:key_id"',
    ],
)
def test_other_strings_are_not_found(line: str) -> None:
    assert list(findings(line)) == []
