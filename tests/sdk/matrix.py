"""The matrix of clients and features: run a cell through the product and without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.sdk.cells import Cells
from tests.sdk.feature_runner import FeatureRunner
from tests.sdk.sdk_client import SdkClient, provider_of
from tests.sdk.setup import Setup
from tests.sdk.standins.registry import FURTHER
from tests.sdk.table import CLIENTS, expected
from tests.sdk.trust import environment_of, trusting
from tests.sdk.wire import SentKey, differences
from tests.sdk.world import World


class Runners:
    """The processes of the SDKs, one for each language, which start when they are needed."""

    def __init__(self, authority: Path) -> None:
        self._authority = authority
        self._running: dict[str, FeatureRunner] = {}

    def start(self, client: SdkClient) -> None:
        """Start the process of a client, unless it runs in this process.

        Call it without the authority in the environment: it may install packages.
        """
        running = self._running.get(client.language)
        if client.module and (running is None or running.has_ended):
            self._running[client.language] = FeatureRunner(client.language, self._authority)

    def run(
        self, client: SdkClient, feature: str, setup: Setup, environment: dict[str, str]
    ) -> Any:
        """Run a feature as FeatureRunner.run does."""
        if environment:
            # Some SDKs read the variables when they are imported.
            fresh = FeatureRunner(client.language, self._authority)
            try:
                return fresh.run(client.module, feature, setup, environment)
            finally:
                fresh.close()
        self.start(client)
        return self._running[client.language].run(client.module, feature, setup, environment)

    def close(self) -> None:
        """End the processes."""
        for runner in self._running.values():
            runner.close()


def perform(runners: Runners, client: SdkClient, feature: str, setup: Setup) -> object:
    """Run a client's feature and return its result."""
    environment = {}
    if feature == "environment":
        provider = provider_of(client.api)
        environment = {
            provider.env.key[0]: setup.token,
            provider.env.base_url[0]: setup.base_url,
        }
    if client.module:
        return runners.run(client, feature, setup, environment)
    with environment_of(environment):
        return client.in_process[feature](setup)


class Matrix(Cells):
    """The results of all cells. Each cell runs once, when it is needed."""

    def __init__(self, world: World, runners: Runners, shared: Path) -> None:
        self._world = world
        self._runners = runners
        super().__init__(shared)

    def run_cell(self, name: str, feature: str) -> None:
        """Run a feature with a client."""
        client = CLIENTS[name]
        self._runners.start(client)
        with trusting(self._world.authority):
            if feature == "wire":
                self._compare(client)
            else:
                self._run(client, feature)

    def _run(self, client: SdkClient, feature: str) -> None:
        """Run a feature through the product."""
        world = self._world
        api = client.api_of(feature)
        standin = world.providers.of(api)
        world.keys(api)
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
            standin.limit_for(standin.retry_after)
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
        for feature in client.sent(self._world.is_event):
            api = client.api_of(feature)
            standin = self._world.providers.of(api)
            self._world.keys(api)
            setup = self._world.direct(api, client.setup)
            result = perform(self._runners, client, feature, setup)
            directly = list(standin.received)
            standin.clear()
            setup = self._world.through(api, client.setup, self._world.account.token(["*"]))
            assert perform(self._runners, client, feature, setup) == result
            assert len(standin.received) == len(directly) > 0
            further = standin.further_url.removeprefix("http://")
            key = SentKey(provider_of(api), standin.secret, standin.username, further)
            for direct, through in zip(directly, standin.received, strict=True):
                self.differences |= differences(
                    direct, through, key, _has_links(api), self._world.is_event
                )


def _has_links(api: str) -> bool:
    """Return whether the proxy rewrites URLs in bodies of an API or its further hosts."""
    further = [name for name, main in FURTHER.items() if main == api]
    entries = [provider_of(name) for name in (api, *further)]
    return any(entry.url_fields or entry.further_hosts for entry in entries)
