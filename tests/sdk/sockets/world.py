"""The product in front of the stand-ins, over TCP and over TLS, and the clients' processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from api.spend.budgets import ApiPricing
from api.spend.prices.providers import provider_of
from tests.sdk.cells import Cells
from tests.sdk.sdk_lines import LineRunner, LinesFailed, start
from tests.sdk.sockets.own_clients import browser_call, websockets_call
from tests.sdk.sockets.providers import SOCKET_PROVIDERS
from tests.sdk.sockets.rows import SOCKET_CLIENTS, SocketClient
from tests.sdk.sockets.standin import SocketUpstream
from tests.sdk.sockets.wire import socket_differences
from tests.sdk.trust import environment_of
from tests.support.accounts import Account

WRONG_KEY = "wrong-key-0123456789"


class SocketRunners:
    """The processes of the SDKs, one for each language, and a page of a browser."""

    def __init__(self, authority: Path, page: Page) -> None:
        self._authority = authority
        self._page = page
        self._running: dict[str, LineRunner] = {}

    def run(self, client: SocketClient, setup: str) -> object:
        """Run a client's call and return its result."""
        if client.language == "process":
            # `websockets` loads the system's authorities for each connection.
            with environment_of({"SSL_CERT_FILE": str(self._authority)}):
                return websockets_call(setup)
        if client.language == "browser":
            return browser_call(self._page, setup)
        if client.language not in self._running:
            self._running[client.language] = start(client.language, self._authority)
        if client.language == "python":
            call = f"import socket_calls\nresult = socket_calls.{client.call}(client)"
        else:
            call = f'return (await import("../sockets.mjs")).calls.{client.call}(client)'
        return self._running[client.language].result(setup, call)

    def close(self) -> None:
        """End the processes."""
        for runner in self._running.values():
            runner.close()


class SocketMatrix(Cells):
    """Runs clients with and without the product. `products` are its URLs by scheme."""

    def __init__(
        self,
        upstream: SocketUpstream,
        products: Mapping[str, str],
        account: Account,
        runners: SocketRunners,
    ) -> None:
        self._upstream = upstream
        self._products = products
        self._account = account
        self._runners = runners
        super().__init__()
        for slug, provider in SOCKET_PROVIDERS.items():
            url = upstream.url(slug, "https")
            body = {"provider": slug, "base_url": url, "secret": provider.secret}
            answer = account.call("POST", "/api/keys", body)
            assert answer.status == 201, answer.body

    def run_cell(self, name: str, feature: str) -> None:
        """Run a feature with a client."""
        getattr(self, f"_{feature}")(SOCKET_CLIENTS[name])

    def opened(self, api: str, target: str, header: str, offered: list[str]) -> str | None:
        """Open a WebSocket with `{token}` replaced, and return the subprotocol that was selected.

        Fails unless the same request with the key in place of the token reaches the upstream.
        """
        token, secret = self._account.token(["*"]), SOCKET_PROVIDERS[api].secret
        url = f"{self._products['http']}/proxy/{api}{target}".replace("http", "ws", 1)
        name, _, value = header.replace("{token}", token).partition(": ")
        with connect(
            url.replace("{token}", token),
            additional_headers={name: value} if name else {},
            subprotocols=[Subprotocol(text.replace("{token}", token)) for text in offered] or None,
        ) as client:
            selected = client.subprotocol
        (opened,) = self._upstream.taken()
        assert opened.target == f"/{api}{target}".replace("{token}", secret)
        assert opened.subprotocols == [text.replace("{token}", secret) for text in offered]
        assert opened.text.count(secret) == 1
        assert token not in opened.text
        return selected

    def _messages(self, client: SocketClient) -> None:
        token = self._account.token(["*"])
        # `wss` for every client; the feature `wire` uses `ws` where the client does.
        assert self._through(client, token, "https") == client.result
        secret = SOCKET_PROVIDERS[client.api].secret
        opened = self._upstream.taken()
        assert opened
        for one in opened:
            assert one.text.count(secret) == (0 if "_signature" in one.target else 1)
            assert token not in one.text
            assert "apd_" not in one.text

    def _wire(self, client: SocketClient) -> None:
        secret = SOCKET_PROVIDERS[client.api].secret
        assert self._direct(client, secret) == client.result
        directly = self._upstream.taken()
        assert self._through(client, self._account.token(["*"])) == client.result
        through = self._upstream.taken()
        assert len(through) == len(directly) > 0
        is_priced = provider_of(ApiPricing(client.api, "", "")) != ""
        for before, after in zip(directly, through, strict=True):
            self.differences |= socket_differences(before, after, secret, is_priced=is_priced)

    def _refused(self, client: SocketClient) -> None:
        """Compare the client's errors for a wrong key of the provider and a revoked token."""
        directly = self._error(lambda: self._direct(client, WRONG_KEY))
        assert self._upstream.taken()
        token = self._account.token_details(["*"])
        deleted = self._account.call("DELETE", f"/api/tokens/{token['token_id']}")
        assert deleted.status == 204
        assert self._error(lambda: self._through(client, token["token"])) == directly
        assert self._upstream.taken() == []

    def _secure(self, client: SocketClient) -> None:
        """Check that the SDK opens `wss` although its base URL has the scheme http."""
        token = self._account.token(["*"])
        assert client.secure
        self._error(lambda: self._through(client, token, "http"))
        assert self._upstream.taken() == []

    def _direct(self, client: SocketClient, secret: str) -> object:
        scheme = "https" if client.secure else "http"
        return self._runners.run(
            client, client.setup(self._upstream.url(client.api, scheme), secret)
        )

    def _through(self, client: SocketClient, token: str, scheme: str = "") -> object:
        scheme = scheme or ("https" if client.secure else "http")
        url = f"{self._products[scheme]}/proxy/{client.api}"
        return self._runners.run(client, client.setup(url, token))

    def _error(self, act: Callable[[], object]) -> tuple[str, bool]:
        """Return the class of the error that `act` raises, and whether it names status 401."""
        try:
            act()
        except LinesFailed as failure:
            return str(failure).partition(":")[0], "401" in str(failure)
        except (PlaywrightError, WebSocketException) as failure:
            return type(failure).__name__, "401" in str(failure)
        raise AssertionError("there was no error")
