"""Names the processes of a server, and finds out which of them have ended."""

from __future__ import annotations

import os
import secrets


class ServerProcesses:
    """The processes of this server. `is_alone` is whether no other server uses its table."""

    def __init__(self, is_alone: bool) -> None:
        self._server = secrets.token_hex(8)
        self._is_alone = is_alone

    def own_name(self) -> str:
        """Return the name of the calling process, which no process of an earlier start had."""
        return f"{self._server}.{os.getpid()}"

    def has_ended(self, name: str) -> bool:
        """Return whether the process with this name has certainly ended."""
        server, _, pid = name.partition(".")
        if server != self._server:
            return self._is_alone
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return True
        except OSError:
            return False
        return False
