"""The command line on this machine, for a stack of the emulated AWS."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.deploy.conftest import Deployed
from tests.deploy.engine import EngineStack
from tests.deploy.project import ROOT


def environment(deployed: Deployed) -> dict[str, str]:
    """Return the environment in which commands reach the stack, and nothing else."""
    aws = {**deployed.workspace.emulator.environment, "HOME": str(deployed.workspace.folder)}
    if isinstance(deployed.stack, EngineStack):
        return {**deployed.stack.environment, **aws}
    return {"PATH": f"{_mock_pulumi(deployed)}{os.pathsep}{os.environ['PATH']}", **aws}


def run_command(
    deployed: Deployed,
    *arguments: str,
    exit_code: int = 0,
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command in the folder of the stack's program. Fails unless it ends with `exit_code`."""
    done = subprocess.run(
        [sys.executable, "-m", "api", *arguments],
        cwd=deployed.workspace.project,
        env={**environment(deployed), "PYTHONPATH": str(ROOT), **(variables or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == exit_code, done.stdout + done.stderr
    return done


def _mock_pulumi(deployed: Deployed) -> Path:
    folder = deployed.workspace.folder / "commands"
    folder.mkdir(exist_ok=True)
    state = deployed.workspace.folder / "state.json"
    command = [sys.executable, "-m", "tests.deploy.mock_pulumi", str(state)]
    script = folder / "pulumi"
    script.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {shlex.join(command)} "$@"\n')
    script.chmod(0o755)
    return folder
