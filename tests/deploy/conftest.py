"""Fixtures: an emulated AWS account, and a stack that is deployed in it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.deploy.clients import StackClient, api_host, cdn_host, proxy_host
from tests.deploy.emulator import Emulator, emulated_aws
from tests.deploy.internet import UPSTREAM_HOST
from tests.deploy.project import copy_project, target
from tests.deploy.stacks import Stack, Workspace, open_stack
from tests.support.upstream import Place


@dataclass
class Deployed:
    """A deployed stack, its workspace and its outputs."""

    stack: Stack
    workspace: Workspace
    outputs: dict[str, Any]

    @property
    def gateway(self) -> StackClient:
        """A client of its HTTP API."""
        port = self.workspace.emulator.port
        return StackClient(port, api_host(self.outputs, port))

    @property
    def proxy(self) -> StackClient:
        """A client of its function URL."""
        return StackClient(self.workspace.emulator.port, proxy_host(self.outputs))

    @property
    def cdn(self) -> StackClient:
        """A client of its CDN."""
        port = self.workspace.emulator.port
        return StackClient(port, cdn_host(self.outputs, port))


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An empty account for the module."""
    with emulated_aws(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture(scope="module")
def workspace(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy of the program whose stack is not deployed yet."""
    return Workspace(
        project=copy_project(tmp_path_factory.mktemp("project")),
        folder=tmp_path_factory.mktemp("stack"),
        emulator=emulator,
        settings=target(),
    )


@pytest.fixture(scope="module")
def deployed(workspace: Workspace) -> Iterator[Deployed]:
    """The deployed stack, which is destroyed at the end."""
    stack = open_stack(workspace)
    try:
        stack.up()
        yield Deployed(stack, workspace, stack.outputs())
    finally:
        stack.destroy()


@pytest.fixture
def upstream(emulator: Emulator) -> Place:
    """A new place on the upstream that the function can reach."""
    name = secrets.token_hex(6)
    place = emulator.upstream.place(name)
    place.url = f"https://{UPSTREAM_HOST}/{name}"
    return place


@pytest.fixture(params=["gateway", "cdn"])
def stack_client(request: pytest.FixtureRequest, deployed: Deployed) -> StackClient:
    """A client of the stack, once for the HTTP API and once for the CDN."""
    chosen: StackClient = getattr(deployed, request.param)
    return chosen
