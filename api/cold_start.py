"""Spares a function's cold start what it never uses of Werkzeug.

`import werkzeug` also loads its development server and its test client (with http.server, ssl and
more): a third of what the adapter costs to import (docs/performance.md).
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

# The names that werkzeug/__init__.py takes from two modules, and those modules.
_LATER = {"run_simple": "werkzeug.serving", "Client": "werkzeug.test"}


@contextlib.contextmanager
def light_werkzeug() -> Iterator[None]:
    """While it is open, importing Werkzeug leaves those modules out; later they load when used."""
    if "werkzeug" in sys.modules:
        yield
        return
    for name, module in _LATER.items():
        placeholder = ModuleType(module)
        setattr(placeholder, name, None)
        sys.modules[module] = placeholder
    try:
        yield
    finally:
        for module in _LATER.values():
            del sys.modules[module]
        package = sys.modules["werkzeug"]
        for name in _LATER:
            delattr(package, name)
        package.__getattr__ = _load  # type: ignore[method-assign]


def _load(name: str) -> Any:
    """A name of the package that was left out (PEP 562)."""
    module = _LATER.get(name)
    if module is None:
        raise AttributeError(f"module 'werkzeug' has no attribute {name!r}")
    return getattr(importlib.import_module(module), name)
