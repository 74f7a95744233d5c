"""The streaming function in a process of its own, with the tests' stand-in for the Runtime API."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from bench.functions import Function, Took, WrongAnswer
from bench.processes import clean_environment
from bench.standins.nginx import COMPLETION
from tests.support.runtime_api import RuntimeApi

_MODULE = "api.aws_lambda.streaming"


@contextlib.contextmanager
def streaming(function: Function, api: RuntimeApi) -> Iterator[subprocess.Popen[bytes]]:
    """Start the function's process, from the bundle and with the environment of `function`."""
    interpreter = os.path.realpath(sys.executable)
    # -S: only the bundle's packages, without those of this machine.
    command = [interpreter, "-S", "-B", "-m", _MODULE]
    environment = clean_environment(AWS_LAMBDA_RUNTIME_API=api.address, **function.environment)
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=function.bundle, env=environment, stdout=log, stderr=log
        )
        try:
            yield process
        except AssertionError as error:
            log.seek(0)
            said = log.read().decode(errors="replace")[-2000:]
            raise WrongAnswer(f"{_MODULE}: {error}\n{said}") from error
        finally:
            process.kill()
            process.wait()


def cold_streaming(function: Function) -> Took:
    """Return the time of a new process until its first response has arrived. Raises WrongAnswer."""
    event = json.loads(function.event.read_text())
    with RuntimeApi() as api:
        begin = time.perf_counter()
        with streaming(function, api) as process:
            invocation = api.invoke(event)
            status, body = invocation.status, invocation.read().decode()
            wall = time.perf_counter() - begin
            process.kill()
            _, _, used = os.wait4(process.pid, 0)
            process.returncode = -9
            if status != 200 or body != COMPLETION:
                raise WrongAnswer(f"{_MODULE} responded with {status} {body[:500]}")
    return Took(wall, used.ru_utime + used.ru_stime)
