"""The server's greenlets replace waiting functions in their modules, so no name may bypass that.

`from threading import Lock` in a module that was imported before keeps a lock that blocks the whole
process.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REPLACED = {
    "queue": None,
    "select": None,
    "selectors": None,
    "signal": None,
    "socket": None,
    "ssl": None,
    "subprocess": None,
    "threading": None,
    "time": {"sleep"},
}
# Only the master process, whose modules are not patched, imports them.
MASTER_ONLY = ("api/local/database/",)


def bypasses(source: str) -> list[str]:
    """Return the names of patched modules that are bound before the server patches them."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arguments):
            defaults = [*node.defaults, *(default for default in node.kw_defaults if default)]
            found += [
                ast.unparse(default)
                for default in defaults
                if isinstance(default, ast.Attribute)
                and isinstance(default.value, ast.Name)
                and (default.value.id in REPLACED and default.value.id != "time")
                and default.attr.islower()
            ]
        if isinstance(node, ast.ImportFrom) and node.module in REPLACED:
            names = {alias.name for alias in node.names}
            replaced = REPLACED[node.module]
            found += [f"{node.module}.{name}" for name in names if not replaced or name in replaced]
    return found


@pytest.mark.parametrize(
    "path",
    [
        name
        for path in sorted((ROOT / "api").rglob("*.py"))
        if not (name := path.relative_to(ROOT).as_posix()).startswith(MASTER_ONLY)
    ],
)
def test_no_name_is_imported_from_a_patched_module(path: str) -> None:
    assert bypasses((ROOT / path).read_text()) == []


def test_a_bypass_is_found() -> None:
    assert bypasses("from threading import Lock") == ["threading.Lock"]
    assert bypasses("from time import monotonic, sleep") == ["time.sleep"]
    assert bypasses("def f(look=socket.getaddrinfo): pass") == ["socket.getaddrinfo"]
    assert bypasses("def f(clock=time.monotonic, kind=socket.SOCK_STREAM): pass") == []
    assert bypasses("import threading\nfrom time import monotonic") == []
