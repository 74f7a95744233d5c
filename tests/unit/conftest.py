"""Fail every unit test that starts a process."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

# Audit events of https://docs.python.org/3/library/audit_events.html.
_STARTS = frozenset({"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"})

_forbidden = False


def _refuse(event: str, _arguments: object) -> None:
    if _forbidden and event in _STARTS:
        raise AssertionError(f"A unit test starts a process ({event}).")


sys.addaudithook(_refuse)  # there is no way to remove it, so it depends on a flag


@pytest.fixture(autouse=True)
def no_process_is_started() -> Iterator[None]:
    """Refuse to start a process during a unit test."""
    global _forbidden
    _forbidden = True
    yield
    _forbidden = False
