"""Process calls in groups: while one group is processed, the calls that arrive form the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from api.errors import StorageError, StorageUnavailable
from api.http.waiting import Turn, give_way, new_turn
from api.short_lock import ShortLock

# Seconds. While the database hangs, each group lasts as long as a call may repeat its trip.
_PATIENCE = 30.0


class Member:
    """One call's part in a group. `failure` is why its work failed, alone or with its group's."""

    def __init__(self) -> None:
        self.is_done = False
        self.is_next = False
        self.failure: Exception | None = None
        self._turn: Turn | None = None

    def prepare_to_wait(self) -> None:
        """Make the next `wait` last until `wake` is called."""
        self._turn = new_turn()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for `wake`. Return False if it is not called within `seconds`."""
        assert self._turn is not None
        return self._turn.wait(seconds)

    def wake(self) -> None:
        """End a `wait`."""
        assert self._turn is not None
        self._turn.wake()


AnyMember = TypeVar("AnyMember", bound=Member)


class Groups(Generic[AnyMember]):
    """Calls `work` with one group of at most `size` members at a time. Thread-safe.

    A member that arrives while no group is processed starts one with those that arrive before the
    event loop resumes it. No member waits for others that may never arrive. A stop of the server
    must not interrupt a member (`api.stopping.Hold`); if anything does, the others go on. A member
    waits at most `patience` seconds for the work on its group to begin.
    """

    def __init__(
        self,
        work: Callable[[Sequence[AnyMember]], None],
        size: int,
        patience: float = _PATIENCE,
    ) -> None:
        self._work = work
        self._size = size
        self._patience = patience
        self._lock = ShortLock()
        self._is_working = False
        self.waiting: list[AnyMember] = []

    def run(self, member: AnyMember) -> None:
        """Return when the work of a member is done. Raises what `work` raised for its group or set
        as the member's failure, and StorageUnavailable.
        """
        with self._lock:
            self.waiting.append(member)
            must_wait = self._is_working
            self._is_working = True
            if must_wait:
                member.prepare_to_wait()
        try:
            if must_wait:
                self._wait(member)
            else:
                give_way()
        except BaseException:
            self._leave(member, leads=not must_wait)
            raise
        if not member.is_done:
            self._work_for_next()
        failure = member.failure
        if failure is not None:
            # Each caller adds header fields of its own to a problem.
            raise failure.copy() if isinstance(failure, StorageError) else failure

    def _wait(self, member: AnyMember) -> None:
        """Wait until the work of a member is done, or until it has to do the next group's."""
        if member.wait(self._patience):
            return
        with self._lock:
            is_left = not member.is_next and member in self.waiting
            if is_left:
                self.waiting.remove(member)
        if is_left:
            raise StorageUnavailable("too many calls wait")
        member.wait()

    def _leave(self, member: AnyMember, *, leads: bool) -> None:
        """Let the others go on without a member whose wait was interrupted.

        `leads` is whether it was to do the work of the group that forms.
        """
        with self._lock:
            if member in self.waiting:
                self.waiting.remove(member)
            following = self._following() if leads or member.is_next else None
        if following is not None:
            following.wake()

    def _following(self) -> AnyMember | None:
        """Return the member that does the work of the next group, None if there is none."""
        following = self.waiting[0] if self.waiting else None
        self._is_working = following is not None
        if following is not None:
            following.is_next = True
        return following

    def _work_for_next(self) -> None:
        """Do the work of the members that wait, first the caller, and let the next group begin."""
        with self._lock:
            group = self.waiting[: self._size]
            del self.waiting[: self._size]
        failure: Exception | None = None
        try:
            self._work(group)
        except BaseException as error:
            if not isinstance(error, Exception):
                failure = StorageUnavailable("the group was interrupted")
                raise
            failure = error
        finally:
            with self._lock:
                following = self._following()
            for member in group:
                member.failure, member.is_done = failure or member.failure, True
            for member in group[1:]:
                member.wake()
            if following is not None:
                following.wake()
