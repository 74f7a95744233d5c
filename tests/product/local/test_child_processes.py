"""Child processes that are started while other threads fork."""

from __future__ import annotations

import os
import threading

from api.local.child_processes import start_process


def test_a_fork_meanwhile_does_not_delay_the_start() -> None:
    """A worker that is forked during a start would hold it until the worker ends."""
    forked: list[int] = []
    release, hold = os.pipe()
    is_over = threading.Event()

    def fork() -> None:
        while not is_over.is_set():
            child = os.fork()
            if child == 0:
                os.close(hold)
                os.read(release, 1)  # until the test ends
                os._exit(0)
            forked.append(child)
            if len(forked) >= 60:
                return

    def start() -> None:
        for _ in range(40):
            assert start_process(["true"]).wait(30) == 0

    threads = [threading.Thread(target=work, daemon=True) for work in (fork, start)]
    for thread in threads:
        thread.start()
    threads[1].join(60)
    try:
        assert not threads[1].is_alive()
    finally:
        is_over.set()
        threads[0].join(60)
        os.close(hold)
        for child in forked:
            os.waitpid(child, 0)
        os.close(release)
