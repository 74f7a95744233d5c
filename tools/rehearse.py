"""`make rehearse`: deploy the stack to an emulated AWS and run it until stopped. Then back it up,
restore the backup to a second stack, and destroy both.
"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from types import FrameType

from infra.building import BuildError
from tests.deploy.clients import api_host, cdn_host, proxy_host
from tests.deploy.command_line import run_command
from tests.deploy.conftest import Deployed
from tests.deploy.emulator import Emulator, emulated_aws
from tests.deploy.engines import engine_name
from tests.deploy.internet import UPSTREAM_HOST
from tests.deploy.listing import everything
from tests.deploy.project import copy_project, target
from tests.deploy.stacks import UpFailed, Workspace, open_stack
from tests.support.upstream import Answer, Received

_ECHO = "echo"
_SECOND = "restored"
# The body of POST /api/keys for the echo.
_KEY = {
    "api_name": _ECHO,
    "base_url": f"https://{UPSTREAM_HOST}/{_ECHO}",
    "auth": {"scheme": "bearer"},
    "secret": "any-secret-0123456789",
}


class _Terminated(KeyboardInterrupt):
    """SIGTERM: end without the last part of the rehearsal."""


def main() -> int:
    """Rehearse a deployment. Return the exit code: 1 if it failed or resources are left."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in background jobs
    signal.signal(signal.SIGTERM, _terminate)
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
        try:
            signal.pause()
        except _Terminated:
            raise
        except KeyboardInterrupt:
            _restore_to_second_stack(Deployed(stack, workspace, stack.outputs()))
    except KeyboardInterrupt:
        print("\nDestroying the stack ...", flush=True)
    finally:
        stack.destroy()


def _restore_to_second_stack(first: Deployed) -> None:
    """Back up the stack and restore it to a second one, which is destroyed again."""
    folder = first.workspace.folder.parent
    workspace = replace(first.workspace, folder=folder / "second", name=_SECOND)
    file = str(folder / "rehearsal.backup")
    variables = {"API_DASHBOARD_BACKUP_PASSPHRASE": "any passphrase will do"}
    print("\nBacking up the stack (Ctrl-C skips this) ...", flush=True)
    done = run_command(first, "backup", "--stack", first.workspace.name, file, variables=variables)
    print(done.stdout, "Deploying a second stack ...", sep="\n", flush=True)
    stack = open_stack(workspace)
    try:
        stack.up()
        second = Deployed(stack, workspace, stack.outputs())
        print("Restoring the backup to it ...", flush=True)
        done = run_command(second, "restore", "--stack", _SECOND, file, variables=variables)
        print(done.stdout, "Destroying both stacks ...", sep="\n", flush=True)
    finally:
        stack.destroy()


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise _Terminated


def _explain(emulator: Emulator, outputs: dict[str, str]) -> None:
    account = " ".join(f"{name}={value}" for name, value in emulator.environment.items())
    print(
        f"""
Dashboard       http://{cdn_host(outputs, emulator.port)}/
HTTP API        http://{api_host(outputs, emulator.port)}/api/status
Function URL    http://{proxy_host(outputs).replace("on.aws", "localhost")}:{emulator.port}/proxy/
Emulated AWS    {account}

Outputs of the stack, as on AWS:
{json.dumps(outputs, indent=2, sort_keys=True)}

The deployed function can call one API only, which responds with the request that it received.
Store a key for it: on the keys page, or with POST /api/keys and this body (`auth` is required for
an API that is not in the catalogue):

{json.dumps(_KEY)}

Press Ctrl-C to end the rehearsal: it backs the stack up, restores the backup to a second stack, and
destroys both.
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
