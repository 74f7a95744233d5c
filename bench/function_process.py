"""A function's process: import the bundle's handler and handle an event, then more on demand.

Run with the bundle as PYTHONPATH: `python function_process.py MODULE EVENT.json REPORT`. It writes
a line of JSON to the descriptor REPORT after the first event and after each count that it reads
from standard input. Standard output and error are for the function's log.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from typing import Any


class Context:
    """The context object that Lambda passes to a handler."""

    function_name = "bench"
    function_version = "1"
    aws_request_id = "00000000-0000-4000-8000-000000000000"
    memory_limit_in_mb = "512"
    invoked_function_arn = "arn:aws:lambda:us-east-2:000000000000:function:bench"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 29_000


def main() -> None:
    """Handle the event once, then as often as each line of standard input says."""
    handler = importlib.import_module(sys.argv[1]).handler
    with open(sys.argv[2], encoding="utf-8") as file:
        text = file.read()
    first: dict[str, Any] = handler(json.loads(text), Context())
    report(status=first["statusCode"], cpu=time.process_time(), body=first["body"])
    for line in sys.stdin:
        events = [json.loads(text) for _ in range(int(line))]
        wall, cpu = time.perf_counter(), time.process_time()
        failed = sum(handler(event, Context())["statusCode"] != 200 for event in events)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        report(failed=failed, wall=wall, cpu=cpu)


def report(**values: Any) -> None:
    """Write `values` as a line of JSON."""
    os.write(int(sys.argv[3]), json.dumps(values).encode() + b"\n")


if __name__ == "__main__":
    main()
