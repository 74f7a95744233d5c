"""The two ends of a move, as the move sees them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from api.errors import StartError
from api.operations.errors import OperationError
from api.operations.items import InstallationSecrets, Item, ItemCounts
from api.operations.places.choose import Place
from api.operations.restore import Report


class SourceEnd(Protocol):
    """Where a move comes from. Every method raises OperationError."""

    @property
    def place(self) -> Place:
        """Return the place."""

    def moved_to(self) -> str | None:
        """Return the address that the data was moved to, None if it was not."""

    def closed(self, address: str) -> contextlib.AbstractContextManager[None]:
        """Close the place for writes. If the context fails, it is opened again."""

    def set_moved(self, address: str) -> None:
        """Keep the place closed, because its data is at an address now."""

    def reopen(self) -> None:
        """Open the place again."""


class Filling(Protocol):
    """A target that is being filled. `secrets` are those that it uses."""

    @property
    def secrets(self) -> InstallationSecrets:
        """Return the secrets with which what is written must be encrypted."""

    def fill(self, items: Iterable[Item], report: Report) -> None:
        """Make the items the only contents of the target. Raises OperationError."""

    def finish(self, counts: ItemCounts) -> tuple[str, ...]:
        """Check what is there and put it into use. Returns notes. Raises OperationError."""


class TargetEnd(Protocol):
    """Where a move goes. Every method raises OperationError."""

    @property
    def address(self) -> str:
        """Return what users call the target: the address of a stack, or the name of the place."""

    def counts(self) -> ItemCounts:
        """Return the numbers of items in the target."""

    def is_complete(self, identity: str) -> bool:
        """Return whether the move has copied everything, and only `open` is left."""

    def check(self, identity: str, secrets: InstallationSecrets) -> None:
        """Check that the target is empty, or an unfinished target of the same move."""

    def opened(
        self, identity: str, secrets: InstallationSecrets
    ) -> contextlib.AbstractContextManager[Filling]:
        """Close the target for everybody else and return it."""

    def open(self, secrets: InstallationSecrets) -> tuple[str, ...]:
        """Give the target the source's signing secret and open it. Idempotent. Returns notes."""


@contextlib.contextmanager
def folder_errors(path: Path) -> Iterator[None]:
    """Turn failures with a data folder into OperationErrors."""
    try:
        yield
    except StartError as error:
        raise OperationError(str(error)) from error
    except OSError as error:
        raise OperationError(
            f"{error.filename or path} cannot be written ({error.strerror}): make it writable, and "
            "run the same command again."
        ) from error
