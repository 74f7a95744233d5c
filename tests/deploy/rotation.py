"""The secrets of a deployed stack, and the command that changes its encryption key."""

from __future__ import annotations

from tests.deploy.command_line import run_command
from tests.deploy.conftest import Deployed


def parameter(deployed: Deployed, name: str) -> str:
    """Return the value of a parameter of the stack."""
    path = f"/{deployed.outputs['FUNCTION_NAME']}/{name}"
    ssm = deployed.workspace.emulator.client("ssm")
    value: str = ssm.get_parameter(Name=path, WithDecryption=True)["Parameter"]["Value"]
    return value


def rotate_keys(deployed: Deployed) -> str:
    """Run `rotate-keys` on this machine and return its last line of output."""
    done = run_command(deployed, "rotate-keys", "--stack", deployed.workspace.name)
    return done.stdout.splitlines()[-1]
