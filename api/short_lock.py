"""A lock for steps in which nothing waits."""

import os
import threading
import weakref

_allocate = threading.Lock
_locks: weakref.WeakSet[threading.Lock] = weakref.WeakSet()


def ShortLock() -> threading.Lock:
    """Return the system's lock, also in the server of one machine, which replaces `threading.Lock`.

    There a lock lets other greenlets run while one waits for it, and so takes twice as long. While
    this one is held, no greenlet may give way to another: no reading, sending, sleeping or waiting.
    In a process that was forked it is free, also if another thread held it at that moment.
    """
    lock = _allocate()
    _locks.add(lock)
    return lock


def _release_all() -> None:
    # Only the thread that forked goes on, and it holds none of them.
    for lock in _locks:
        if lock.locked():
            lock.release()


os.register_at_fork(after_in_child=_release_all)
