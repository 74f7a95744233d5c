"""Where a move goes: how each kind of place is closed, filled and opened."""

from __future__ import annotations

import contextlib
import secrets as random_secrets
import time
from collections.abc import Iterable, Iterator

import msgspec

from api.local.data_folder import (
    clear_filling,
    filling,
    is_restore_unfinished,
    set_filling,
)
from api.local.restored_data import discard
from api.operations.aws.functions import StackFunctions
from api.operations.aws.target_secrets import taker_of
from api.operations.counting import count
from api.operations.errors import OperationError, at_start
from api.operations.items import InstallationSecrets, Item, ItemCounts
from api.operations.move_ends import Filling, TargetEnd, folder_errors
from api.operations.places.choose import Place
from api.operations.places.folder import FolderPlace
from api.operations.places.spool import KeySet
from api.operations.places.stack import StackPlace
from api.operations.places.table import TablePlace
from api.operations.restore import Report, in_steps
from api.operations.restore_folder import (
    fresh_database,
    holds_data,
    locked_target,
    put_in_place,
    secrets_for,
)
from api.operations.restore_table import delete_others, find_mark
from api.storage.item_kinds import key_of
from api.storage.operation_marks import OperationMark, mark_item, mark_key

# The kinds of a target's mark.
_MOVING = "move"
_COMPLETE = "complete move"
_FILLING = "This installation is being filled by a move: try again when the move is complete."


class FolderTarget:
    """A data folder as the target. It is built beside, and put in place when it is complete."""

    def __init__(self, place: FolderPlace) -> None:
        self._place = place

    @property
    def address(self) -> str:
        """Return the name of the folder."""
        return self._place.name

    def counts(self) -> ItemCounts:
        """Return the numbers of items in the folder."""
        return ItemCounts() if self._place.is_empty() else _counts(self._place)

    def is_complete(self, identity: str) -> bool:
        """Return False: the source of a complete copy is marked, and the copy can be repeated."""
        return False

    def check(self, identity: str, secrets: InstallationSecrets) -> None:
        """Check that the folder has no data, and that no variable contradicts the secrets."""
        secrets_for(self._place, secrets)
        with folder_errors(self._place.path):
            found = filling(self._place.path)
        if found not in (None, identity):
            raise _other_move(self._place.name)
        if found is None and (holds_data(self._place) or is_restore_unfinished(self._place.path)):
            raise not_empty_target(self._place.name)

    @contextlib.contextmanager
    def opened(self, identity: str, secrets: InstallationSecrets) -> Iterator[Filling]:
        """Hold the lock of the folder, and let no server start with it until `open`."""
        own, notes = secrets_for(self._place, secrets)
        with locked_target(self._place, replace=False):
            self.check(identity, secrets)
            if filling(self._place.path) is not None:
                discard(self._place.path)
            set_filling(self._place.path, identity)
            yield _FolderFilling(self._place, own, notes)

    def open(self, secrets: InstallationSecrets) -> tuple[str, ...]:
        """Let the user start the server."""
        with folder_errors(self._place.path):
            clear_filling(self._place.path)
        return ()


class _FolderFilling:
    def __init__(
        self, place: FolderPlace, secrets: InstallationSecrets, notes: tuple[str, ...]
    ) -> None:
        self._place = place
        self._notes = notes
        self.secrets = secrets

    def fill(self, items: Iterable[Item], report: Report) -> None:
        written = 0
        with fresh_database(self._place) as table:
            for step in in_steps(iter(items)):
                written += table.write(step)
                report("Copied", written, 0)

    def finish(self, counts: ItemCounts) -> tuple[str, ...]:
        put_in_place(self._place, self.secrets, counts)
        return self._notes


class TableTarget:
    """A table as the target, with the functions of its stack closed while it is filled."""

    def __init__(self, place: TablePlace) -> None:
        self._place = place
        self._functions = StackFunctions(place) if isinstance(place, StackPlace) else None

    @property
    def address(self) -> str:
        """Return the address of the stack, or the name of the table."""
        return self._place.url if isinstance(self._place, StackPlace) else self._place.name

    def counts(self) -> ItemCounts:
        """Return the numbers of items in the table."""
        return _counts(self._place)

    def is_complete(self, identity: str) -> bool:
        """Return whether the table's mark says so."""
        mark = find_mark(self._place)
        return mark is not None and (mark.kind, mark.identity) == (_COMPLETE, identity)

    def check(self, identity: str, secrets: InstallationSecrets) -> None:
        """Check that the table has no user, or is an unfinished target of the same move."""
        mark = find_mark(self._place)
        if mark is None:
            if not self._place.is_empty():
                raise not_empty_target(self._place.name)
        elif mark.kind not in (_MOVING, _COMPLETE) or mark.identity != identity:
            raise _other_move(self._place.name)
        self._place.require_takes(secrets.signing)
        if self._functions is not None:
            self._functions.closed()

    @contextlib.contextmanager
    def opened(self, identity: str, secrets: InstallationSecrets) -> Iterator[Filling]:
        """Mark the table as being filled, and close its functions until `open`."""
        self.check(identity, secrets)
        if self._functions is not None:
            self._functions.close(_FILLING)
        mark = OperationMark(_MOVING, identity, int(time.time()), run=random_secrets.token_hex(8))
        self._place.write([mark_item(mark)])
        yield _TableFilling(self._place, mark)

    def open(self, secrets: InstallationSecrets) -> tuple[str, ...]:
        """Use the source's signing secret, and open the functions."""
        mark = find_mark(self._place)
        if mark is not None:
            self._place.write([mark_item(msgspec.structs.replace(mark, kind=_COMPLETE))])
        notes = taker_of(self._place)(secrets)
        if self._functions is not None:
            self._functions.open()
        self._place.delete([mark_key()])
        return notes


class _TableFilling:
    def __init__(self, place: TablePlace, mark: OperationMark) -> None:
        self._place = place
        self._mark = mark
        self.secrets = place.secrets()

    def fill(self, items: Iterable[Item], report: Report) -> None:
        keys = KeySet()
        written = 0
        for step in in_steps(iter(items)):
            self._require_own()
            keys.add(map(key_of, step))
            written += self._place.write(step)
            report("Copied", written, 0)
        self._require_own()
        delete_others(self._place, keys, report)

    def _require_own(self) -> None:
        if find_mark(self._place) != self._mark:
            raise OperationError(
                f"Another move to {self._place.name} has started: let that one finish."
            )

    def finish(self, counts: ItemCounts) -> tuple[str, ...]:
        self._require_own()
        found = _counts(self._place)
        if msgspec.structs.replace(found, others=0) != msgspec.structs.replace(counts, others=0):
            raise OperationError(
                f"{at_start(self._place.name)} does not have what was copied to it: stop all "
                "programs that write to it, and run the same command again."
            )
        return ()


def target_end(place: Place) -> TargetEnd:
    """Return a place as the target of a move."""
    return FolderTarget(place) if isinstance(place, FolderPlace) else TableTarget(place)


def _counts(place: Place) -> ItemCounts:
    with place.snapshot() as items:
        return count(items)


def _other_move(name: str) -> OperationError:
    return OperationError(
        f"A restore or another move to {name} is not finished: finish it with the same command as "
        "before, or use an empty place."
    )


def not_empty_target(name: str) -> OperationError:
    """Return the error for a target that has data."""
    return OperationError(f"There is data in {name}: move to an empty place.")
