"""Start child processes while other threads of this process fork."""

from __future__ import annotations

import os
import subprocess
import threading
from typing import Any

_starting = threading.Lock()
os.register_at_fork(
    before=_starting.acquire,
    after_in_parent=_starting.release,
    after_in_child=_starting.release,
)


def start_process(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
    """Return a new process, as `subprocess.Popen` does. No other thread forks meanwhile.

    Popen waits for the end of a pipe that the new process closes when it runs the command. A worker
    that the server forks at that moment would keep the pipe open as long as it lives.
    """
    with _starting:
        return subprocess.Popen(command, **options)
