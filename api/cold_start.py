"""Spares a function's cold start what it never uses of Werkzeug.

`import werkzeug` also loads its development server and its test client (with http.server, ssl and
more): a third of what the adapter costs to import (docs/performance.md).
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from types import ModuleType

# Module -> the one name that werkzeug/__init__.py takes from it.
_NOT_NEEDED = {"werkzeug.serving": "run_simple", "werkzeug.test": "Client"}


@contextlib.contextmanager
def light_werkzeug() -> Iterator[None]:
    """While it is open, an import of Werkzeug finds placeholders for those two modules.

    Afterwards they can be imported as usual; only the package's own short names for them are None.
    """
    if "werkzeug" in sys.modules:
        yield
        return
    for name, member in _NOT_NEEDED.items():
        placeholder = ModuleType(name)
        setattr(placeholder, member, None)
        sys.modules[name] = placeholder
    try:
        yield
    finally:
        for name in _NOT_NEEDED:
            del sys.modules[name]
