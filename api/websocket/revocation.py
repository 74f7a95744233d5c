"""Ends WebSockets whose token, session, account or key no longer allows them.

One thread of each process reads the present records every few seconds for all its WebSockets at
once: every distinct token, session, API and key costs one read unit each time, whatever the number
of connections.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import msgspec

from api.errors import StorageError
from api.logs import log_failure
from api.proxy.authorization import Authorizer
from api.proxy.identity import Identity
from api.storage.authorization_reads import AuthorizedCall, read_again
from api.storage.table import Table

# Seconds. Two checks and the closing handshake take less than five seconds (S48).
CHECK_SECONDS = 1.5


class WatchedWebSocket(msgspec.Struct, frozen=True, eq=False):
    """A WebSocket: the identity of its caller, what was authorized, and how to end it.

    `end` gets the text of the close frame and the problem code. `path` is the path below the API.
    """

    identity: Identity
    call: AuthorizedCall
    path: str
    end: Callable[[str, str], None]


class RevocationWatch:
    """Watches the WebSockets of this process. Thread-safe."""

    def __init__(
        self, table: Table, authorizer: Authorizer, seconds: float = CHECK_SECONDS
    ) -> None:
        self._table = table
        self._authorizer = authorizer
        self._seconds = seconds
        self._watched: set[WatchedWebSocket] = set()
        self._running = False
        self._lock = threading.Lock()

    def add(self, watched: WatchedWebSocket) -> None:
        """Start watching a WebSocket."""
        with self._lock:
            self._watched.add(watched)
            if self._running:
                return
            self._running = True
        threading.Thread(target=self._run, name="revocation", daemon=True).start()

    def remove(self, watched: WatchedWebSocket) -> None:
        """Stop watching a WebSocket. It is not ended after this."""
        with self._lock:
            self._watched.discard(watched)

    def _run(self) -> None:
        while True:
            time.sleep(self._seconds)
            with self._lock:
                if not self._watched:
                    self._running = False
                    return
            try:
                self.check()
            except StorageError:
                continue  # The table has logged it. The next reading decides.
            except Exception:
                log_failure("revocation_check_failed")

    def check(self) -> None:
        """Read the present records and end what they no longer allow. Raises StorageError."""
        with self._lock:
            watched = list(self._watched)
        records = read_again(self._table, [entry.call for entry in watched])
        for entry in watched:
            read, has_key = records[entry.call]
            problem = self._authorizer.revocation(
                entry.identity, read, entry.call.api_name, "GET", entry.path
            )
            if problem is None and has_key:
                continue
            reason, code = "the key was deleted", "unknown_api"
            if problem is not None:
                reason, code = _REASONS.get(problem.code, problem.title), problem.code
            with self._lock:
                if entry in self._watched:
                    entry.end(reason, code)


_REASONS = {
    "authentication_required": "the token was revoked or the session ended",
    "address_not_allowed": "the token no longer allows this address",
    "token_scope": "the token no longer covers this call",
    "unknown_api": "the API has no key any more",
}
