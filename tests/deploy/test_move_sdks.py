"""Official SDKs call through the same token before a move to a stack, after it, and after the way
back.
"""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.deploy.command_line import run_command
from tests.deploy.conftest import Deployed
from tests.deploy.emulator import Emulator
from tests.deploy.host_relay import HostRelay
from tests.deploy.internet import UPSTREAM_HOST
from tests.sdk.matrix import Runners, perform
from tests.sdk.sdk_client import provider_of
from tests.sdk.setup import Setup
from tests.sdk.standins.base import Standin
from tests.sdk.standins.registry import STANDINS
from tests.sdk.table import CLIENTS, expected
from tests.support.accounts import Account
from tests.support.machine import Machine
from tests.support.upstream import Answer, Received

# The clients that the matrix tries on AWS, with what does not depend on the stack's own address.
CELLS = [
    (name, feature)
    for name in (
        "openai (Python)",
        "openai (JavaScript)",
        "anthropic (Python)",
        "@anthropic-ai/sdk",
        "stripe (Python)",
        "PyGithub",
        "octokit",
        "httpx",
        "requests",
        "fetch",
        "curl",
    )
    for feature in ("call", "stream", "error")
    if feature in CLIENTS[name].tried
]
APIS = ("openai", "anthropic", "stripe", "github")


def standin_at(emulator: Emulator, api: str) -> Standin:
    """Let a provider's stand-in respond in a place of the upstream that functions can reach."""
    standin = STANDINS[api]()
    place = emulator.upstream.place(api)
    place.url = standin.place.url = f"https://{UPSTREAM_HOST}/{api}"

    def behave(received: Received, connection: socket.socket) -> Answer | None:
        at_root = dataclasses.replace(received, target=place.path(received))
        return standin.place.behaviour(at_root, connection)

    place.behaviour = behave
    return standin


@pytest.fixture
def standins(emulator: Emulator) -> Iterator[dict[str, Standin]]:
    """The stand-ins of all providers that are called."""
    made = {api: standin_at(emulator, api) for api in APIS}
    yield made
    for standin in made.values():
        standin.close()


def outcomes(url: str, token: str, runners: Runners) -> dict[tuple[str, str], object]:
    """Return what each client gets at the product's address."""
    found: dict[tuple[str, str], object] = {}
    for name, feature in CELLS:
        client = CLIENTS[name]
        api = client.api_of(feature)
        provider = provider_of(api)
        setup = Setup(
            code=client.setup,
            base_url=f"{url}/proxy/{api}{provider.sdk_path}",
            root=url,
            token=provider.token_prefix + token,
            others={other: f"{url}/proxy/{other}" for other in APIS},
            api_url=f"{url}/proxy/{api}",
        )
        found[name, feature] = perform(runners, client, feature, setup)
    return found


class LaptopInInternet(Machine):
    """A machine that reaches the same upstream as the functions."""

    module = "tests.deploy.machine_in_internet"


@pytest.fixture
def runners(emulator: Emulator) -> Iterator[Runners]:
    """The processes of the SDKs."""
    made = Runners(Path(emulator.internet["API_DASHBOARD_CA_FILE"]))
    for name, _ in CELLS:
        made.start(CLIENTS[name])
    yield made
    made.close()


def test_sdks_work_through_the_same_token_before_and_after_moves(
    deployed: Deployed,
    emulator: Emulator,
    standins: dict[str, Standin],
    runners: Runners,
    tmp_path: Path,
) -> None:
    stack = f"stack:{deployed.workspace.name}"
    internet = {
        name: emulator.internet[name] for name in ("API_DASHBOARD_CA_FILE", "REHEARSAL_INTERNET")
    }
    settings = {**internet, "API_DASHBOARD_WORKERS": "1"}
    laptop = LaptopInInternet(tmp_path, **settings)
    laptop.start()
    try:
        account = Account(laptop.client)
        for api, standin in standins.items():
            path = urlsplit(provider_of(api).base_url or "").path.rstrip("/")
            key = {"provider": api, "base_url": standin.url + path, "secret": standin.secret}
            stored = account.call("POST", "/api/keys", key)
            assert stored.status == 201, stored.body
        token = account.token(["*"])
        wanted = {(name, feature): expected(CLIENTS[name], feature) for name, feature in CELLS}
        assert outcomes(laptop.client.url, token, runners) == wanted
    finally:
        laptop.stop()

    run_command(deployed, "move", "--from", str(laptop.data), "--to", stack)
    with HostRelay(deployed.gateway) as gateway:
        assert outcomes(gateway.url, token, runners) == wanted

    back = tmp_path / "back"
    back.mkdir()
    run_command(deployed, "move", "--from", stack, "--to", str(back / "data"), "--wait", "0")
    home = LaptopInInternet(back, **settings)
    home.start()
    try:
        assert outcomes(home.client.url, token, runners) == wanted
    finally:
        home.stop()
