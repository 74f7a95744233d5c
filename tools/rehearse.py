"""`make rehearse`: deploy the stack to an emulated AWS, run it until stopped, then destroy it."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from pathlib import Path

from infra.building import BuildError
from tests.deploy.clients import api_host, cdn_host
from tests.deploy.emulator import Emulator, emulated_aws
from tests.deploy.engines import engine_name
from tests.deploy.internet import UPSTREAM_HOST
from tests.deploy.listing import everything
from tests.deploy.project import copy_project, target
from tests.deploy.stacks import UpFailed, Workspace, open_stack
from tests.support.upstream import Answer, Received

_ECHO = "echo"


def main() -> int:
    """Rehearse a deployment. Return the exit code: 1 if it failed or resources are left."""
    for signal_ in (signal.SIGINT, signal.SIGTERM):  # shells ignore SIGINT in background jobs
        signal.signal(signal_, signal.default_int_handler)
    print(f"Rehearsing on {engine_name()}. Building ...", flush=True)
    try:
        with tempfile.TemporaryDirectory(prefix="rehearsal-") as name:
            folder = Path(name)
            project = copy_project(folder / "project")
            with emulated_aws(folder) as emulator:
                workspace = Workspace(project, folder / "stack", emulator, settings=target())
                _rehearse(workspace)
                left = everything(emulator)
    except (BuildError, UpFailed) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(
        "\n".join(["These resources are left:", *left]) if left else "Nothing is left.", flush=True
    )
    return 1 if left else 0


def _rehearse(workspace: Workspace) -> None:
    emulator = workspace.emulator
    emulator.upstream.place(_ECHO).behaviour = lambda received, _socket: _echo(received)
    stack = open_stack(workspace)
    try:
        print("Deploying the stack ...", flush=True)
        stack.up()
        _explain(emulator, stack.outputs())
        signal.pause()
    except KeyboardInterrupt:
        print("\nDestroying the stack ...", flush=True)
    finally:
        stack.destroy()


def _explain(emulator: Emulator, outputs: dict[str, str]) -> None:
    account = " ".join(f"{name}={value}" for name, value in emulator.environment.items())
    print(
        f"""
Dashboard       http://{cdn_host(outputs, emulator.port)}/
HTTP API        http://{api_host(outputs, emulator.port)}/api/status
Emulated AWS    {account}

Outputs of the stack, as on AWS:
{json.dumps(outputs, indent=2, sort_keys=True)}

The deployed function can call one API only. Store a key with the base URL
https://{UPSTREAM_HOST}/{_ECHO}: it responds with the request that it received.

Press Ctrl-C to end the rehearsal and destroy the stack.
""",
        flush=True,
    )


def _echo(received: Received) -> Answer:
    document = {
        "method": received.method,
        "target": received.target,
        "headers": received.headers,
        "body": received.body.decode("utf-8", "replace"),
    }
    return Answer(
        headers=[("Content-Type", "application/json")], body=json.dumps(document).encode()
    )


if __name__ == "__main__":
    sys.exit(main())
