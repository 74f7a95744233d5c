"""The provider in Pulumi's protocol (pulumirpc.ResourceProvider)."""

from __future__ import annotations

import functools
import os
import traceback
from collections.abc import Callable
from concurrent import futures
from importlib import metadata
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from tests.deploy.provider.aws import Aws
from tests.deploy.provider.core import Provider
from tests.deploy.provider.registry import PACKAGES
from tests.deploy.provider.values import from_struct, to_struct

_SETTINGS = frozenset({"region", "version"})
_CHANGES = provider_pb2.DiffResponse


def _reported(call: Callable[..., Any]) -> Callable[..., Any]:
    """Return an exception to the engine as the call's error, and print its traceback."""

    @functools.wraps(call)
    def answered(self: Plugin, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return call(self, request)
        except Exception as error:
            traceback.print_exc()
            context.abort(grpc.StatusCode.UNKNOWN, f"{type(error).__name__}: {error}")

    return answered


class Plugin(provider_pb2_grpc.ResourceProviderServicer):
    """The provider of a package. Secrets arrive in clear text; the engine marks derived values."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._provider: Provider

    @_reported
    def GetPluginInfo(self, request: empty_pb2.Empty) -> plugin_pb2.PluginInfo:
        """Return the version of the package, without which the engine warns."""
        return plugin_pb2.PluginInfo(version=metadata.version(f"pulumi-{self._package}"))

    @_reported
    def CheckConfig(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        """Accept the region only."""
        failures = [
            provider_pb2.CheckFailure(property=name, reason="is not known in the rehearsal")
            for name in from_struct(request.news).keys() - _SETTINGS
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    @_reported
    def DiffConfig(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        """Report no difference: the region of a stack does not change."""
        return _CHANGES(changes=_CHANGES.DIFF_NONE)

    @_reported
    def Configure(self, request: provider_pb2.ConfigureRequest) -> provider_pb2.ConfigureResponse:
        """Store the region. Everything else is in the environment."""
        region = from_struct(request.args).get("region", "us-east-2")
        self._provider = Provider(PACKAGES[self._package], Aws(region))
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    @_reported
    def Check(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        """Reject unknown types and properties."""
        problems = self._provider.check(_token(request), from_struct(request.news))
        failures = [provider_pb2.CheckFailure(reason=problem) for problem in problems]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    @_reported
    def Diff(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        """Return the changes. Names are fixed, so a resource is deleted before it is replaced."""
        changed, replaces = self._provider.diff(
            _token(request), from_struct(request.old_inputs), from_struct(request.news)
        )
        return _CHANGES(
            changes=_CHANGES.DIFF_SOME if changed else _CHANGES.DIFF_NONE,
            diffs=changed,
            replaces=replaces,
            deleteBeforeReplace=bool(replaces),
        )

    @_reported
    def Create(self, request: provider_pb2.CreateRequest) -> provider_pb2.CreateResponse:
        """Create the resource. A preview returns only its inputs."""
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        identity, state = self._provider.create(_token(request), from_struct(request.properties))
        return provider_pb2.CreateResponse(id=identity, properties=to_struct(state))

    @_reported
    def Read(self, request: provider_pb2.ReadRequest) -> provider_pb2.ReadResponse:
        """Return the current state; without an id there is none."""
        state = self._provider.read(_token(request), request.id, from_struct(request.properties))
        if state is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=request.id, properties=to_struct(state), inputs=request.inputs
        )

    @_reported
    def Update(self, request: provider_pb2.UpdateRequest) -> provider_pb2.UpdateResponse:
        """Update the resource, or predict the update in a preview."""
        token, old, new = _token(request), from_struct(request.olds), from_struct(request.news)
        if request.preview:
            state = self._provider.foresee(token, old, new)
        else:
            state = self._provider.update(token, request.id, old, new)
        return provider_pb2.UpdateResponse(properties=to_struct(state))

    @_reported
    def Delete(self, request: provider_pb2.DeleteRequest) -> empty_pb2.Empty:
        """Delete the resource."""
        self._provider.delete(_token(request), request.id, from_struct(request.properties))
        return empty_pb2.Empty()

    @_reported
    def Invoke(self, request: provider_pb2.InvokeRequest) -> provider_pb2.InvokeResponse:
        """Look up a value."""
        found = self._provider.look_up(request.tok, from_struct(request.args))
        if isinstance(found, str):
            return provider_pb2.InvokeResponse(failures=[provider_pb2.CheckFailure(reason=found)])
        # "return" is a keyword of Python.
        return provider_pb2.InvokeResponse(**{"return": to_struct(found)})

    @_reported
    def Cancel(self, request: empty_pb2.Empty) -> empty_pb2.Empty:
        """Do nothing: calls are short, so the engine waits for them."""
        return empty_pb2.Empty()


def serve(package: str) -> None:
    """Print a free loopback port and serve a package on it until the engine ends."""
    engine = os.getppid()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Plugin(package), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    while server.wait_for_termination(timeout=1) and os.getppid() == engine:
        pass


def _token(request: Any) -> str:
    token: str = request.urn.split("::")[2].rsplit("$", 1)[-1]
    return token
