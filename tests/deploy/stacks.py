"""A stack on the emulated AWS: brought up, asked for its outputs, taken away."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.deploy.emulator import Emulator
from tests.deploy.engines import ENGINE


@dataclass
class Workspace:
    """Where a stack's program and state are, which account it is in, and how it is set; `secrets`
    are settings that are stored encrypted.
    """

    project: Path
    folder: Path
    emulator: Emulator
    name: str = "rehearsal"
    settings: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)


class Stack(Protocol):
    """What both engines do."""

    def up(self) -> None:
        """Bring the stack up. Raises UpFailed."""

    def outputs(self) -> dict[str, str]:
        """The stack's outputs."""

    def destroy(self) -> None:
        """Take away what the stack made."""


class UpFailed(Exception):
    """The engine did not do as told; the text is what it printed."""


def run(command: Sequence[str], workspace: Workspace, environment: Mapping[str, str]) -> str:
    """Run an engine in the project's folder; returns what it printed. Raises UpFailed.

    It is told of an interrupt once, by us, and finishes what it is about: killed half-way it would
    leave the stack locked.
    """
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
    try:
        printed, complaint = process.communicate()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.communicate()
        raise
    if process.returncode:
        raise UpFailed(f"{' '.join(command)}\n{printed}\n{complaint}")
    return printed


def open_stack(workspace: Workspace) -> Stack:
    """The stack on the real engine where `pulumi` is on PATH, on Pulumi's mocks otherwise."""
    if ENGINE:
        from tests.deploy.engine import EngineStack

        return EngineStack(workspace)
    from tests.deploy.driver import MockStack

    return MockStack(workspace)
