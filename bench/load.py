"""Load an HTTP server with wrk and return the measurements."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from bench.environment import program
from bench.processes import LOOPBACK

REQUEST_BODY = json.dumps(
    {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "What is the weather in Bergen like?"}],
    }
)

_DONE = """
done = function(summary, latency, requests)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write
  failed = failed + summary.errors.timeout + summary.errors.status
  io.write(string.format('RESULT {"requests":%d,"microseconds":%d,"failed":%d,"median":%d}',
    summary.requests, summary.duration, failed, latency:percentile(50)))
end
"""


class RequestsFailed(Exception):
    """Some requests failed or got a status of 400 or higher, so the figure would be wrong."""


@dataclasses.dataclass(frozen=True)
class Measured:
    """Requests per second, and the median latency in milliseconds."""

    rate: float
    median: float


@dataclasses.dataclass(frozen=True)
class Target:
    """A server to load: port, path and header fields. Every request is the same POST."""

    port: int
    path: str
    headers: Mapping[str, str]


def load(target: Target, connections: int, seconds: float) -> Measured:
    """Keep `connections` busy for `seconds`. Raises RequestsFailed if any request fails."""
    fields = {"Content-Type": "application/json", **target.headers}
    lines = ['wrk.method = "POST"', f"wrk.body = [[{REQUEST_BODY}]]"]
    lines += [f"wrk.headers[{json.dumps(name)}] = {json.dumps(fields[name])}" for name in fields]
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "request.lua"
        script.write_text("\n".join(lines) + _DONE)
        command = [program("wrk"), "-t1", f"-c{connections}", f"-d{seconds:g}s"]
        # With many connections a slow server needs longer than the two seconds that wrk waits.
        command += ["--timeout", "30s", "-s", str(script)]
        url = f"http://{LOOPBACK}:{target.port}{target.path}"
        output = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    result = json.loads(output.partition("RESULT ")[2])
    if result["failed"] or not result["requests"]:
        raise RequestsFailed(f"{result['failed']} of {result['requests']} requests failed.")
    return Measured(
        rate=result["requests"] / result["microseconds"] * 1e6, median=result["median"] / 1000
    )


def warm_up(target: Target, patience: float = 60.0) -> None:
    """Load a server that has just started until all requests of one second succeed.

    Raises RequestsFailed if that takes more than `patience` seconds.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            load(target, connections=8, seconds=1)
            return
        except RequestsFailed:
            if time.monotonic() > deadline:
                raise
