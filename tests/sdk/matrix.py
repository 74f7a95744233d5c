"""The matrix of clients and features: run a cell through the product and without it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

from api.services.keys.catalogue import Catalogue
from tests.sdk import node
from tests.sdk.rows import CLIENTS, SdkClient, expected
from tests.sdk.setup import Setup
from tests.sdk.wire import differences
from tests.sdk.world import World


class Runners:
    """The processes of the JavaScript SDKs, which start when they are needed."""

    def __init__(self) -> None:
        self._running: dict[str, node.Runner] = {}

    def run(self, module: str, feature: str, setup: Setup, environment: dict[str, str]) -> Any:
        """Run a feature as Runner.run does."""
        if module not in self._running:
            self._running[module] = node.Runner(node.installed(), module)
        return self._running[module].run(feature, setup, environment)

    def close(self) -> None:
        """End the processes."""
        for runner in self._running.values():
            runner.close()


def perform(runners: Runners, client: SdkClient, feature: str, setup: Setup) -> object:
    """Run a client's feature and return its result."""
    environment = {}
    if feature == "environment":
        provider = Catalogue.load().get(client.api)
        assert provider is not None
        environment = {
            provider.env.key[0]: setup.token,
            provider.env.base_url[0]: setup.base_url,
        }
    if client.module:
        return runners.run(client.module, feature, setup, environment)
    with environment_of(environment):
        return client.python[feature](setup)


class Matrix:
    """The results of all cells. Each cell runs once, when it is needed."""

    def __init__(self, world: World, runners: Runners) -> None:
        self._world = world
        self._runners = runners
        self._outcomes: dict[tuple[str, str], Exception | None] = {}
        self.differences: set[str] = set()

    def check(self, name: str, feature: str) -> None:
        """Run a cell and raise its error if it failed."""
        cell = (name, feature)
        if cell not in self._outcomes:
            try:
                if feature == "wire":
                    self._compare(CLIENTS[name])
                else:
                    self._run(CLIENTS[name], feature)
            except Exception as error:
                self._outcomes[cell] = error
            else:
                self._outcomes[cell] = None
        failure = self._outcomes[cell]
        if failure is not None:
            raise failure

    def works(self, name: str, feature: str) -> bool:
        """Return whether a cell has the expected result."""
        try:
            self.check(name, feature)
        except Exception:
            return False
        return True

    def _run(self, client: SdkClient, feature: str) -> None:
        """Run a feature through the product."""
        world = self._world
        api = client.api_of(feature)
        standin = world.providers.of(api)
        world.keys()
        limit = {"limit": 1, "window": 3600} if feature == "limit" else {}
        token = world.account.token_details(["*"], **limit)
        code = client.environment if feature == "environment" else client.setup
        setup = world.through(api, code, token["token"])
        upstream_calls = None
        if feature == "limit":
            world.account.proxied(token["token"], f"/proxy/{api}/used-up")
            upstream_calls = 1
        elif feature == "revoked":
            deleted = world.account.call("DELETE", f"/api/tokens/{token['token_id']}")
            assert deleted.status == 204
            upstream_calls = 0
        elif feature == "retry_429":
            # Stripe sends no Retry-After.
            standin.limit_for(0 if api == "stripe" else 2)
            upstream_calls = 2
        elif feature == "retry_5xx":
            standin.fail_once()
            upstream_calls = 2
        assert perform(self._runners, client, feature, setup) == expected(client, feature)
        for received in standin.received:
            assert "apd_" not in repr(received.headers) + received.target
        if upstream_calls is not None:
            assert len(standin.received) == upstream_calls

    def _compare(self, client: SdkClient) -> None:
        """Compare all requests of the client, directly and through the product."""
        for feature in client.sent:
            api = client.api_of(feature)
            provider = Catalogue.load().get(api)
            assert provider is not None
            standin = self._world.providers.of(api)
            self._world.keys()
            setup = self._world.direct(api, client.setup)
            result = perform(self._runners, client, feature, setup)
            directly = list(standin.received)
            standin.clear()
            setup = self._world.through(api, client.setup, self._world.account.token(["*"]))
            assert perform(self._runners, client, feature, setup) == result
            assert len(standin.received) == len(directly) > 0
            for direct, through in zip(directly, standin.received, strict=True):
                self.differences |= differences(
                    direct, through, provider.auth, standin.secret, bool(provider.url_fields)
                )


@contextlib.contextmanager
def environment_of(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables of this process, for SDKs that read them."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
