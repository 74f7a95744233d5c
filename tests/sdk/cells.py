"""A table of clients and features, whose cells run once."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from hashlib import sha256
from pathlib import Path


class Cells(ABC):
    """The cells that have run. `differences` names those that were found on the wire.

    `shared` is a folder for the results of all test processes, None to keep them in this one.
    """

    def __init__(self, shared: Path | None = None) -> None:
        self._outcomes: dict[tuple[str, str], Exception | None] = {}
        self._shared = shared
        self.differences: set[str] = set()

    @abstractmethod
    def run_cell(self, name: str, feature: str) -> None:
        """Run a feature with a client."""

    def check(self, name: str, feature: str) -> None:
        """Run a cell if it has not run, and raise its error if it failed."""
        cell = (name, feature)
        if cell not in self._outcomes and not self._load(cell):
            before = set(self.differences)
            try:
                self.run_cell(name, feature)
            except Exception as error:
                self._outcomes[cell] = error
            else:
                self._outcomes[cell] = None
            self._save(cell, self.differences - before)
        failure = self._outcomes[cell]
        if failure is not None:
            raise failure

    def works(self, name: str, feature: str) -> bool:
        """Return whether a cell has the expected result."""
        try:
            self.check(name, feature)
        except Exception:
            return False
        return True

    def _load(self, cell: tuple[str, str]) -> bool:
        """Take the result of another process. Returns whether there is one."""
        path = self._path(cell)
        if path is None or not path.exists():
            return False
        found = json.loads(path.read_text())
        self._outcomes[cell] = CellFailed(found["error"]) if found["error"] else None
        self.differences |= set(found["differences"])
        return True

    def _save(self, cell: tuple[str, str], differences: set[str]) -> None:
        path = self._path(cell)
        if path is None:
            return
        failure = self._outcomes[cell]
        found = {"error": repr(failure) if failure else "", "differences": sorted(differences)}
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(found))
        part.rename(path)

    def _path(self, cell: tuple[str, str]) -> Path | None:
        if self._shared is None:
            return None
        return self._shared / sha256("\n".join(cell).encode()).hexdigest()


class CellFailed(AssertionError):
    """A cell failed in another test process, which has the details."""


def shared_folder(base: Path, name: str) -> Path:
    """Return a folder that all processes of this test run share. `base` is pytest's own."""
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = run / name
    folder.mkdir(exist_ok=True)
    return folder
