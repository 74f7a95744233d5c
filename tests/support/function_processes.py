"""The streaming function from its real bundle: processes as Lambda runs them, one call at a time.

Each process has a stand-in for the Runtime API of its own and is started through the exec wrapper
of the bundle, as the managed runtime does it with AWS_LAMBDA_EXEC_WRAPPER:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.bundle import build_bundle, host_target
from tests.support.runtime_api import Invocation, RuntimeApi

WRAPPER = "api/aws_lambda/streaming_wrapper"
# The concurrent executions of a new account.
MOST = 10
_SECONDS = 30


def unpack_bundle(folder: Path) -> Path:
    """Unpack the bundle for this machine with its file modes, as Lambda does. Return the folder."""
    with zipfile.ZipFile(build_bundle(*host_target())) as archive:
        archive.extractall(folder)
        for entry in archive.infolist():
            (folder / entry.filename).chmod(entry.external_attr >> 16 & 0o777)
    return folder


def function_environment(bundle: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a function with these settings.

    Lambda also sets AWS_LAMBDA_FUNCTION_NAME, with which the product allows no upstream on
    loopback.
    """
    return {
        "PATH": os.environ["PATH"],
        "LANG": "en_US.UTF-8",
        "AWS_LAMBDA_EXEC_WRAPPER": str(bundle / WRAPPER),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-2",
        "LAMBDA_TASK_ROOT": str(bundle),
        "_HANDLER": "api.aws_lambda.handler.handler",
        **settings,
    }


def function_command(bundle: Path) -> list[str]:
    """Return the command of a process: the wrapper, and what the managed runtime passes to it."""
    # The interpreter itself, without the packages of the virtual environment.
    interpreter = os.path.realpath(sys.executable)
    return [str(bundle / WRAPPER), interpreter, "/var/runtime/bootstrap.py"]


class FunctionProcess:
    """A process of the function with its Runtime API."""

    def __init__(self, bundle: Path, settings: Mapping[str, str], log: Path) -> None:
        self.api = RuntimeApi()
        self._invocation: Invocation | None = None
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                function_command(bundle),
                cwd=bundle,
                env={
                    **function_environment(bundle, settings),
                    "AWS_LAMBDA_RUNTIME_API": self.api.address,
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        threading.Thread(target=self._watch, daemon=True).start()

    def invoke(self, event: bytes) -> Invocation:
        """Pass an event to the process."""
        self._invocation = invocation = self.api.invoke(event)
        if self.process.poll() is not None:
            invocation.finish("Runtime exited")
        return invocation

    def close(self) -> None:
        """End the process. Raises AssertionError if it breached the protocol."""
        self.process.kill()
        self.process.wait(_SECONDS)
        self.api.close()

    def _watch(self) -> None:
        self.process.wait()
        if self._invocation is not None and not self._invocation.ended.is_set():
            self._invocation.finish("Runtime exited")


class FunctionProcesses:
    """Processes that start when they are needed. Their log is `folder`/log."""

    def __init__(self, settings: Mapping[str, str], folder: Path) -> None:
        self.log = folder / "log"
        self.running: list[FunctionProcess] = []
        self._bundle = unpack_bundle(folder / "task")
        self._settings = settings
        self._idle: queue.LifoQueue[FunctionProcess] = queue.LifoQueue()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def invoke(self, event: bytes) -> Iterator[Invocation | None]:
        """Pass an event to an idle process, which is busy until the response has ended."""
        process = self._take()
        if process is None:
            yield None
            return
        invocation = process.invoke(event)
        try:
            yield invocation
        finally:
            assert invocation.ended.wait(_SECONDS), "the function does not end"
            if process.process.poll() is None:
                self._idle.put(process)

    def close(self) -> None:
        """End all processes. Raises AssertionError if one breached the protocol."""
        for process in self.running:
            process.close()

    def _take(self) -> FunctionProcess | None:
        with contextlib.suppress(queue.Empty):
            return self._idle.get_nowait()
        with self._lock:
            alive = [process for process in self.running if process.process.poll() is None]
            if len(alive) >= MOST:
                return None
            process = FunctionProcess(self._bundle, self._settings, self.log)
            self.running.append(process)
            return process
