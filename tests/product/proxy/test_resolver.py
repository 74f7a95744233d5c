"""Name resolution in a process that ends while a lookup hangs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_a_hanging_resolver_does_not_keep_the_process_from_ending() -> None:
    program = (
        "import threading\n"
        "from api.upstream.resolver import ResolveTimeout, resolve\n"
        "try:\n"
        "    resolve('api', 443, 0.01, lambda *asked: threading.Event().wait())\n"
        "except ResolveTimeout:\n"
        "    print('late')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ended.stdout == "late\n"
