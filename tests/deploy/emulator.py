"""Run the emulated AWS, and the servers outside AWS that its functions can reach."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3

from infra.node import find_node
from tests.deploy.internet import internet
from tests.support.ports import free_port
from tests.support.upstream import Upstream

REGION = "us-east-2"
_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
_START_SECONDS = 60


@dataclass(frozen=True)
class Emulator:
    """A running emulator. With `environment`, AWS clients call it and nothing else.

    `internet` is the environment with which functions reach the servers outside AWS.
    """

    port: int
    upstream: Upstream
    environment: dict[str, str]
    log: Path
    internet: dict[str, str]

    def client(self, service: str, region: str = REGION):  # type: ignore[no-untyped-def]
        """Return a client with the rights of the account's owner."""
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=_CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )


@contextlib.contextmanager
def emulated_aws(folder: Path) -> Iterator[Emulator]:
    """Run an empty account on a free port. It writes its files to `folder`.

    IAM is enforced, and the CDN's functions run on Node.js. Raises BuildError if that is not
    available, and RuntimeError if the emulator does not start.
    """
    port = free_port()
    log = folder / "emulator.log"
    with internet(folder, REGION, port) as outside, log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            cwd=folder,
            env={
                **find_node().environment,
                "HOME": os.environ.get("HOME", str(folder)),
                **_CREDENTIALS,
                **outside.environment,
                "AUTH": "true",
                "BIND_HOST": "127.0.0.1",
                "GATEWAY_PORT": str(port),
                "IOT_MTLS_ENABLED": "0",
                "MINISTACK_REGION": REGION,
                "SFTP_ENABLED": "0",
                "S3_DATA_DIR": str(folder / "s3"),
                "STATE_DIR": str(folder / "state"),
                "TMPDIR": str(folder),
            },
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            _wait(process, port, log)
            yield Emulator(port, outside.upstream, _environment(port), log, outside.environment)
        finally:
            _end(process)


def _environment(port: int) -> dict[str, str]:
    return {
        **_CREDENTIALS,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=2).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"the emulator did not start:\n{log.read_text()[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the emulator and the functions that it runs, which are in its process group."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(15)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
