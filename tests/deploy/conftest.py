"""An emulated account, and a stack that is up in it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.deploy.clients import StackClient, api_host, cdn_host
from tests.deploy.emulator import Emulator, emulated_aws
from tests.deploy.internet import UPSTREAM_HOST
from tests.deploy.project import copy_project, target
from tests.deploy.stacks import Stack, Workspace, open_stack
from tests.support.upstream import Place


@dataclass
class Deployed:
    """A stack that is up, where it is, and its outputs."""

    stack: Stack
    workspace: Workspace
    outputs: dict[str, Any]

    @property
    def gateway(self) -> StackClient:
        """Its HTTP API."""
        port = self.workspace.emulator.port
        return StackClient(port, api_host(self.outputs, port))

    @property
    def cdn(self) -> StackClient:
        """Its CDN."""
        port = self.workspace.emulator.port
        return StackClient(port, cdn_host(self.outputs, port))


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An account of the module's own."""
    with emulated_aws(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture(scope="module")
def workspace(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy of the program, not up yet."""
    return Workspace(
        project=copy_project(tmp_path_factory.mktemp("project")),
        folder=tmp_path_factory.mktemp("stack"),
        emulator=emulator,
        settings=target(),
    )


@pytest.fixture(scope="module")
def deployed(workspace: Workspace) -> Iterator[Deployed]:
    """The stack, up; it is taken away at the end."""
    stack = open_stack(workspace)
    try:
        stack.up()
        yield Deployed(stack, workspace, stack.outputs())
    finally:
        stack.destroy()


@pytest.fixture
def upstream(emulator: Emulator) -> Place:
    """A place of its own on the upstream that the function can reach."""
    name = secrets.token_hex(6)
    place = emulator.upstream.place(name)
    place.url = f"https://{UPSTREAM_HOST}/{name}"
    return place


@pytest.fixture(params=["gateway", "cdn"])
def stack_client(request: pytest.FixtureRequest, deployed: Deployed) -> StackClient:
    """Both clients of the stack: of its HTTP API and of its CDN."""
    chosen: StackClient = getattr(deployed, request.param)
    return chosen
