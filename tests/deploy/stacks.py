"""Deploy a stack to the emulated AWS, read its outputs and destroy it."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.deploy.emulator import Emulator
from tests.deploy.engines import ENGINE


@dataclass
class Workspace:
    """The folders of a stack's program and state, its account and its settings. `secrets` are
    settings that are stored encrypted.
    """

    project: Path
    folder: Path
    emulator: Emulator
    name: str = "rehearsal"
    settings: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)


class Stack(Protocol):
    """The interface of both engines."""

    def up(self) -> None:
        """Deploy the stack. Raises UpFailed."""

    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs."""

    def destroy(self) -> None:
        """Destroy the stack's resources."""


class UpFailed(Exception):
    """The engine failed. The message is its output."""


def run(command: Sequence[str], workspace: Workspace, environment: Mapping[str, str]) -> str:
    """Run an engine in the project's folder and return its output. Raises UpFailed.

    An interrupt is forwarded to it once, so that it finishes its current operation. A killed engine
    would leave the stack locked, and one that nobody knows would go on creating resources.
    """
    process = None
    try:
        with late_interrupts():
            process = subprocess.Popen(
                command,
                cwd=workspace.project,
                env={**environment, **workspace.emulator.environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        printed, complaint = process.communicate()
    except KeyboardInterrupt:
        if process is not None:
            process.send_signal(signal.SIGINT)
            process.communicate()
        raise
    if process.returncode:
        raise UpFailed(f"{' '.join(command)}\n{printed}\n{complaint}")
    return printed


@contextlib.contextmanager
def late_interrupts() -> Iterator[None]:
    """Let an interrupt wait until the end of the block, and raise KeyboardInterrupt there.

    Within `subprocess.Popen` it would leave a process that runs, but is not known. Only the main
    thread is interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    interrupts: list[int] = []
    previous = {
        number: signal.signal(number, lambda caught, _frame: interrupts.append(caught))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    if interrupts:
        raise KeyboardInterrupt


def open_stack(workspace: Workspace) -> Stack:
    """Return the stack, with Pulumi's engine if `pulumi` is on PATH, otherwise with its mocks."""
    if ENGINE:
        from tests.deploy.engine import EngineStack

        return EngineStack(workspace)
    from tests.deploy.driver import MockStack

    return MockStack(workspace)
