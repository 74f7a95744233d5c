"""The workers of the server are forked from a process in which other threads run."""

import os
import subprocess
import sys

import pytest

_HELD_LOCK = """
import os
from api.short_lock import ShortLock
lock = ShortLock()
lock.acquire()
child = os.fork()
if not child:
    os._exit(lock.locked())
assert lock.locked()
_, status = os.waitpid(child, 0)
raise SystemExit(os.waitstatus_to_exitcode(status))
"""
# A thread waits in the middle of a line, because nobody reads the log.
_WRITING_THREAD = """
import os, select, threading
from api.cli.server.reporting import report_failures
from api.logs import log_event
reading, writing = os.pipe()
os.dup2(writing, 2)

def fork():
    text = "long " * 100_000
    threading.Thread(target=lambda: log_event("in_the_master", text=text), daemon=True).start()
    while select.select([], [writing], [], 0.01)[1]:
        pass
    child = os.fork()
    if not child:
        log_event("in_the_worker")
        os._exit(0)
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if select.select([reading], [], [], 0.01)[0]:
            os.read(reading, 100_000)
    os._exit(0)

report_failures(fork)
"""


@pytest.mark.parametrize("program", [_HELD_LOCK, _WRITING_THREAD])
def test_a_forked_process_waits_for_no_lock_that_another_thread_held(program: str) -> None:
    # With PYTHONUNBUFFERED, `sys.stderr` has no buffer that threads could lock.
    environment = {name: os.environ[name] for name in os.environ if name != "PYTHONUNBUFFERED"}
    subprocess.run([sys.executable, "-c", program], env=environment, timeout=30, check=True)
