"""The streaming function from its bundle, with a stand-in for SSM that has the CDN's secret."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.support.function_processes import FunctionProcesses
from tests.support.upstream import Answer, Received, Upstream

_PARAMETER = "/api-dashboard/cdn-secret"


@contextlib.contextmanager
def bundled_function(
    settings: Mapping[str, str], folder: Path, cdn_secret: str
) -> Iterator[FunctionProcesses]:
    """Run the function with these settings. A FunctionUrl calls it."""
    with _parameters({_PARAMETER: cdn_secret}) as endpoint:
        parameters = {"CDN_SECRET_PARAMETER": _PARAMETER, "AWS_ENDPOINT_URL_SSM": endpoint}
        processes = FunctionProcesses({**settings, **parameters}, folder)
        try:
            yield processes
        finally:
            processes.close()


@contextlib.contextmanager
def _parameters(values: Mapping[str, str]) -> Iterator[str]:
    """Run a stand-in for SSM that has these parameters. Yields its endpoint."""

    def answer(received: Received, _: socket.socket) -> Answer:
        names = json.loads(received.body)["Names"]
        found = [{"Name": name, "Value": values[name]} for name in names if name in values]
        return Answer(body=json.dumps({"Parameters": found}).encode())

    server = Upstream()
    place = server.root()
    place.behaviour = answer
    yield place.url
    server.close()
