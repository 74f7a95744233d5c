"""The servers outside the emulated account: AWS's endpoints and an upstream, both with TLS on
loopback. Their certificates are signed by the authority in the function's CA file.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.support.upstream import Upstream

UPSTREAM_HOST = "upstream.example.com"

# Public addresses without a server on the internet. The function checks them like any other.
_AWS_ADDRESS = "7.0.0.1"
_UPSTREAM_ADDRESS = "7.0.0.2"
_RUNTIME = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")


@dataclass(frozen=True)
class Internet:
    """The upstream, and the environment with which the function reaches these servers."""

    upstream: Upstream
    environment: dict[str, str]


@contextlib.contextmanager
def internet(folder: Path, region: str, emulator_port: int) -> Iterator[Internet]:
    """Run the servers for an emulator on `emulator_port`. The CA file is written to `folder`."""
    authority = trustme.CA()
    authority_file = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(authority_file))
    services = [f"{service}.{region}.amazonaws.com" for service in ("dynamodb", "s3", "ssm")]
    buckets = f"*.s3.{region}.amazonaws.com"
    upstream = Upstream(_tls(authority, UPSTREAM_HOST))
    try:
        with _relay(_tls(authority, *services, buckets), emulator_port) as aws_port:
            world = {
                "names": {
                    **dict.fromkeys(services, _AWS_ADDRESS),
                    UPSTREAM_HOST: _UPSTREAM_ADDRESS,
                },
                "routes": {
                    f"{_AWS_ADDRESS}:443": aws_port,
                    f"{_UPSTREAM_ADDRESS}:443": upstream.port,
                },
                "packages": str(_runtime_packages(folder / "runtime")),
            }
            yield Internet(
                upstream,
                {
                    "API_DASHBOARD_CA_FILE": str(authority_file),
                    "AWS_CA_BUNDLE": str(authority_file),
                    "PYTHONPATH": str(Path(__file__).parent / "outside"),
                    "REHEARSAL_INTERNET": json.dumps(world),
                },
            )
    finally:
        upstream.close()


def _runtime_packages(folder: Path) -> Path:
    """Return a folder with the packages of the managed runtimes: boto3 and what it needs.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
    """
    folder.mkdir()
    for name in _RUNTIME:
        found = importlib.util.find_spec(name)
        assert found is not None and found.origin is not None
        origin = Path(found.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder


def _tls(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@contextlib.contextmanager
def _relay(context: ssl.SSLContext, port: int) -> Iterator[int]:
    """Run a TLS server that forwards to a local port. Yields its port."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(relay, "127.0.0.1", 0, ssl=context))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
