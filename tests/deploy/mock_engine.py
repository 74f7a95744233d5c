"""Run the program in the working folder with Pulumi's mocks, which pass each resource to the test
provider; or delete the resources in reverse order.

Usage: `python -m tests.deploy.mock_engine STATE up|destroy`. It cannot update a deployed stack.
"""

from __future__ import annotations

import json
import runpy
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, cast

import pulumi
from pulumi.runtime.mocks import MockMonitor, Mocks, set_mocks
from pulumi.runtime.proto import provider_pb2, resource_pb2
from pulumi.runtime.stack import Stack

from tests.deploy.provider.aws import Aws
from tests.deploy.provider.core import Provider
from tests.deploy.provider.registry import PACKAGES
from tests.deploy.provider.values import Properties, from_struct, to_struct

Made = tuple[str, str, Properties]


class Interrupted(Exception):
    """The deployment was interrupted before this resource."""


class _Monitor(MockMonitor):
    """Creates each registered resource and records it at once.

    After an interrupt it creates no more, but completes the one that it is creating, as Pulumi's
    engine does. An exception in the middle would leave a resource that is not recorded.
    """

    def __init__(self, providers: dict[str, Provider], keep: Callable[[list[Made]], None]) -> None:
        super().__init__(cast(Mocks, None))
        self._providers = providers
        self._keep = keep
        self._lock = threading.Lock()
        self._made: list[Made] = []
        self._interrupted = False
        signal.signal(signal.SIGINT, self._interrupt)

    def _interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        self._interrupted = True

    def Invoke(self, request: Any) -> Any:
        """Look up a value."""
        provider = self._providers[request.tok.split(":")[0]]
        found = provider.look_up(request.tok, from_struct(request.args))
        if isinstance(found, str):
            failure = provider_pb2.CheckFailure(reason=found)
            return resource_pb2.ResourceInvokeResponse(failures=[failure])
        # "return" is a keyword of Python.
        return resource_pb2.ResourceInvokeResponse(**{"return": to_struct(found)})

    def RegisterResource(self, request: Any) -> Any:
        """Create a resource. Components only get a name."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        provider = self._providers[request.type.split(":")[0]]
        inputs = from_struct(request.object)
        if problems := provider.check(request.type, inputs):
            raise ValueError("; ".join(problems))
        with self._lock:
            if self._interrupted:
                raise Interrupted
            identity, state = provider.create(request.type, inputs)
            if not request.retainOnDelete:
                self._made.append((request.type, identity, state))
            self._keep(self._made)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=identity, object=to_struct(state))


def main(file: Path, order: str) -> None:
    """Deploy or destroy the stack that `file` describes: name, project, settings, and after a
    deployment its resources and outputs.
    """
    state = json.loads(file.read_text())
    region = state["settings"]["aws:region"]
    providers = {package: Provider(kinds, Aws(region)) for package, kinds in PACKAGES.items()}
    if order == "destroy":
        for token, identity, properties in reversed(state.pop("made", [])):
            providers[token.split(":")[0]].delete(token, identity, properties)
    else:

        def keep(made: list[Made]) -> None:
            state["made"] = made
            file.write_text(json.dumps(state))

        monitor = _Monitor(providers, keep)
        set_mocks(monitor.mocks, state["project"], state["stack"], monitor=monitor)
        pulumi.runtime.set_all_config(state["settings"], state["secrets"])
        state["outputs"] = _run_program()
        file.write_text(json.dumps(state))


def _run_program() -> dict[str, Any]:
    outputs: dict[str, Any] = {}

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[None]:
        runpy.run_path("__main__.py", run_name="__main__")
        stack = cast(Stack, pulumi.runtime.get_root_resource())
        return pulumi.Output.all(**stack.outputs).apply(outputs.update)

    program()
    return outputs


main(Path(sys.argv[1]), sys.argv[2])
