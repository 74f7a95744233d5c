"""Where a move comes from: how each kind of place is closed and opened again."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from api.local.data_folder import (
    clear_moved,
    moved_to,
    open_data_folder,
    set_moved,
)
from api.operations.aws.functions import StackFunctions
from api.operations.errors import OperationError, at_start
from api.operations.move_ends import SourceEnd, folder_errors
from api.operations.places.choose import Place
from api.operations.places.folder import FolderPlace
from api.operations.places.stack import StackPlace
from api.operations.places.table import TablePlace
from api.operations.restore_table import find_mark

_MOVED = re.compile(r"This installation moved to (.+): use it there\.")


class FolderSource:
    """A data folder as the source. Its server is stopped, and cannot start meanwhile."""

    def __init__(self, place: FolderPlace) -> None:
        self.place = place

    def moved_to(self) -> str | None:
        """Return the address that the data was moved to, None if it was not."""
        with folder_errors(self.place.path):
            return moved_to(self.place.path)

    @contextlib.contextmanager
    def closed(self, address: str) -> Iterator[None]:
        """Hold the lock of the folder."""
        if not self.place.path.is_dir():
            raise OperationError(f"There is no folder {self.place.path}: check its path.")
        with folder_errors(self.place.path), open_data_folder(self.place.path):
            yield

    def set_moved(self, address: str) -> None:
        """Let no server start with the folder."""
        with folder_errors(self.place.path):
            set_moved(self.place.path, address)

    def reopen(self) -> None:
        """Let a server start with the folder again."""
        with folder_errors(self.place.path):
            if moved_to(self.place.path) is None:
                raise OperationError(
                    f"{at_start(self.place.name)} is not closed: there is nothing to open."
                )
            clear_moved(self.place.path)


class StackSource:
    """A stack as the source. Its functions serve only reads meanwhile."""

    def __init__(self, place: StackPlace) -> None:
        self.place = place
        self._functions = StackFunctions(place)

    def moved_to(self) -> str | None:
        """Return the address that the data was moved to, None if it was not."""
        match = _MOVED.fullmatch(self._functions.closed() or "")
        return None if match is None else match[1]

    @contextlib.contextmanager
    def closed(self, address: str) -> Iterator[None]:
        """Close the functions for writes. What a killed move has closed stays so meanwhile."""
        former = self.moved_to()
        if former is not None:
            raise OperationError(
                f"The data of {self.place.name} moved to {former}: use it there, or run "
                f"`api-dashboard reopen stack:{self.place.project.stack}` to use this copy again."
            )
        self._functions.close(f"This installation moves to {address}: try again there soon.")
        try:
            yield
        except BaseException:
            self._functions.open()
            raise

    def set_moved(self, address: str) -> None:
        """Keep the functions closed."""
        self._functions.close(f"This installation moved to {address}: use it there.")

    def reopen(self) -> None:
        """Open the functions."""
        if self._functions.closed() is None:
            raise OperationError(
                f"{at_start(self.place.name)} is not closed: there is nothing to open."
            )
        if find_mark(self.place) is not None:
            raise OperationError(
                f"A move to {self.place.name} is not finished: run the same `api-dashboard move` "
                "command again."
            )
        self._functions.open()


class TableSource:
    """A table as the source. The user has stopped the servers that write to it."""

    def __init__(self, place: TablePlace) -> None:
        self.place = place

    def moved_to(self) -> str | None:
        """Return None: a table is not marked."""
        return None

    @contextlib.contextmanager
    def closed(self, address: str) -> Iterator[None]:
        """Do nothing: who writes to the table is not known."""
        yield

    def set_moved(self, address: str) -> None:
        """Do nothing: who writes to the table is not known."""

    def reopen(self) -> None:
        """Raise OperationError."""
        raise OperationError(
            f"{at_start(self.place.name)} is not closed by this command: start the servers that "
            "use it."
        )


def source_end(place: Place) -> SourceEnd:
    """Return a place as the source of a move."""
    if isinstance(place, FolderPlace):
        return FolderSource(place)
    return StackSource(place) if isinstance(place, StackPlace) else TableSource(place)
