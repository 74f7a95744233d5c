"""AWS's Runtime Interface Emulator, if `aws-lambda-rie` is on the PATH.

It collects a response, prelude and all, and knows nothing of function URLs:
https://github.com/aws/aws-lambda-runtime-interface-emulator
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.engines import wait_for
from tests.support.function_processes import function_command, function_environment
from tests.support.ports import free_port

EMULATOR = shutil.which("aws-lambda-rie")
_INVOKE = "/2015-03-31/functions/function/invocations"
_SECONDS = 60
SEPARATOR = b"\0" * 8


def emulator_name() -> str:
    """Return the emulator for the test report."""
    return EMULATOR or "none, since there is no aws-lambda-rie on PATH"


class RuntimeEmulator:
    """The function under the emulator, which starts it at the first event. Its log is `log`."""

    def __init__(self, bundle: Path, settings: Mapping[str, str], log: Path) -> None:
        assert EMULATOR is not None
        self._port = free_port()
        addresses = {
            "--runtime-interface-emulator-address": f"127.0.0.1:{self._port}",
            "--runtime-api-address": f"127.0.0.1:{free_port()}",
        }
        options = [part for option in addresses.items() for part in option]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                # The emulator sets the variable, with which no upstream may be on loopback.
                [
                    EMULATOR,
                    *options,
                    "env",
                    "-u",
                    "AWS_LAMBDA_FUNCTION_NAME",
                    *function_command(bundle),
                ],
                cwd=bundle,
                env=function_environment(bundle, settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_for(self._port)

    def invoke(self, event: bytes) -> tuple[int, bytes]:
        """Pass an event to the function. Return status and body of the emulator's response."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_SECONDS)
        connection.request("POST", _INVOKE, event)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    def respond(self, event: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Pass an event to the function. Return its prelude and its body."""
        _, data = self.invoke(json.dumps(event).encode())
        head, separator, body = data.partition(SEPARATOR)
        assert separator, data
        return json.loads(head), body

    def close(self) -> None:
        """End the emulator and the function."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(_SECONDS)
