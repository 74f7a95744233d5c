"""End child processes with their parent, so that a SIGKILL of the product leaves no processes."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h

_SHIM = f"""
import ctypes, os, sys
ctypes.CDLL(None).prctl({PR_SET_PDEATHSIG}, {int(signal.SIGKILL)}, 0, 0, 0)
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent has ended")
os.execv(sys.argv[2], sys.argv[2:])
"""

# A prefix for a command, followed by the parent's process id: the command then ends with the
# *thread* that started it (Linux; prctl(2)). It is a separate program, because code between fork
# and exec is not safe in a process with threads.
DIE_WITH_PARENT = (sys.executable, "-I", "-S", "-c", _SHIM)


def die_with_parent(parent: int) -> None:
    """End this process with the thread of process `parent` that forked it (Linux only)."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
