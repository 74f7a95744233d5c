"""Start the product's function and the baseline's in new processes."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from bench.environment import BENCH
from bench.load import REQUEST_BODY
from bench.processes import clean_environment
from bench.standins.nginx import COMPLETION


class WrongAnswer(Exception):
    """A function did not return the upstream's response."""


@dataclasses.dataclass(frozen=True)
class Function:
    """A function to start: its bundle, module, environment and event file."""

    bundle: Path
    module: str
    environment: Mapping[str, str]
    event: Path


@dataclasses.dataclass(frozen=True)
class Took:
    """Seconds of wall time and of the process's CPU time."""

    wall: float
    cpu: float


class Started:
    """A function that has handled its first event. `cold` is the time from its start until then."""

    def __init__(self, counts: IO[str], reports: IO[str], cold: Took) -> None:
        self._counts = counts
        self._reports = reports
        self.cold = cold

    def answer(self, count: int) -> Took:
        """Handle the event `count` more times and return the time of one."""
        self._counts.write(f"{count}\n")
        self._counts.flush()
        result = json.loads(self._reports.readline())
        if result["failed"]:
            raise WrongAnswer(f"{result['failed']} of {count} events got a status other than 200.")
        return Took(result["wall"] / count, result["cpu"] / count)


@contextlib.contextmanager
def started(function: Function) -> Iterator[Started]:
    """Start the function's process and wait for its first response. Raises WrongAnswer."""
    reports, report = os.pipe()
    interpreter = os.path.realpath(sys.executable)
    program = str(BENCH / "function_process.py")
    # -S: only the bundle's packages, without those of this machine.
    command = [interpreter, "-S", "-B", "-P", program, function.module, str(function.event)]
    environment = clean_environment(PYTHONPATH=str(function.bundle), **function.environment)
    with tempfile.TemporaryFile() as log, open(reports, encoding="utf-8") as lines:
        begin = time.perf_counter()
        process = subprocess.Popen(
            [*command, str(report)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            text=True,
            pass_fds=[report],
        )
        os.close(report)
        line = lines.readline()
        wall = time.perf_counter() - begin
        assert process.stdin is not None
        with process:
            first = json.loads(line or "{}")
            if first.get("status") != 200 or first.get("body") != COMPLETION:
                process.stdin.close()
                process.wait()
                log.seek(0)
                said = log.read().decode(errors="replace")[-2000:]
                raise WrongAnswer(f"{function.module} responded with {line[:500]}\n{said}")
            yield Started(process.stdin, lines, Took(wall, first["cpu"]))
            process.stdin.close()


def gateway_event(token: str) -> dict[str, Any]:
    """Return the request as an event of an API Gateway HTTP API (payload format 2.0).

    Shape: "Create AWS Lambda proxy integrations for HTTP APIs" in API Gateway's developer guide.
    """
    path = "/proxy/openai/v1/chat/completions"
    host = "abcdefghij.execute-api.us-east-2.amazonaws.com"
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "application/json",
            "accept-encoding": "gzip, deflate",
            "authorization": f"Bearer {token}",
            "content-length": str(len(REQUEST_BODY)),
            "content-type": "application/json",
            "host": host,
            "user-agent": "OpenAI/Python 3.0.0",
            "x-amzn-trace-id": "Root=1-67000000-000000000000000000000000",
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
            "x-stainless-lang": "python",
        },
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "abcdefghij",
            "domainName": host,
            "domainPrefix": "abcdefghij",
            "http": {
                "method": "POST",
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "OpenAI/Python 3.0.0",
            },
            "requestId": "bench0000000000=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1767225600000,
        },
        "body": REQUEST_BODY,
        "isBase64Encoded": False,
    }
