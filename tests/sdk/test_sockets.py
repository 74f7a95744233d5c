"""Clients that open WebSockets, each unchanged but for base URL and token; and the part of
docs/sdks.md that says what came out.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

pytest.register_assert_rewrite("tests.sdk.sockets.world", "tests.sdk.sockets.wire")

from playwright.sync_api import Page, sync_playwright  # noqa: E402

from tests.browser.chromium import launch  # noqa: E402
from tests.conftest import running  # noqa: E402
from tests.sdk.document import DOCUMENT  # noqa: E402
from tests.sdk.sockets.document import CELLS, written_sockets  # noqa: E402
from tests.sdk.sockets.providers import SOCKET_PROVIDERS  # noqa: E402
from tests.sdk.sockets.standin import SocketUpstream  # noqa: E402
from tests.sdk.sockets.wire import SOCKET_DIFFERENCES  # noqa: E402
from tests.sdk.sockets.world import SocketMatrix, SocketRunners  # noqa: E402
from tests.support.accounts import Account  # noqa: E402

_OPENAI = "openai-insecure-api-key.{token}"
_GEMINI = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser.new_context(ignore_https_errors=True).new_page()
        browser.close()


@pytest.fixture(scope="module")
def sockets(
    separate: dict[str, str],
    authority: tuple[trustme.CA, Path],
    page: Page,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SocketMatrix]:
    """The clients with the product in front of the stand-ins."""
    certificate = authority[0].issue_cert("127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    context.num_tickets = 0  # see api/local/server/tls.py
    upstream = SocketUpstream(SOCKET_PROVIDERS, context)
    folder = tmp_path_factory.mktemp("sockets")
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    for number, part in enumerate(certificate.cert_chain_pems):
        part.write_to_path(str(folder / "certificate.pem"), append=number > 0)
    settings = {
        **separate,
        "API_DASHBOARD_WORKERS": "1",
        "API_DASHBOARD_ALLOWED_UPSTREAMS": f"127.0.0.1:{upstream.ports['https']}",
    }
    tls = {
        "API_DASHBOARD_TLS_CERTIFICATE": str(folder / "certificate.pem"),
        "API_DASHBOARD_TLS_KEY": str(folder / "key.pem"),
    }
    runners = SocketRunners(authority[1], page)
    (folder / "secure").mkdir()
    with (
        running(settings, folder) as plain,
        running({**settings, **tls}, folder / "secure") as secure,
    ):
        products = {"http": plain.url, "https": f"https://127.0.0.1:{secure.port}"}
        # Both products use the same table.
        yield SocketMatrix(upstream, products, Account(plain), runners)
    runners.close()
    upstream.close()


@pytest.mark.parametrize(("name", "feature"), CELLS)
def test_a_client_opens_websockets_unchanged(
    sockets: SocketMatrix, name: str, feature: str
) -> None:
    sockets.check(name, feature)


@pytest.mark.parametrize(
    ("api", "target", "header", "subprotocols", "selected"),
    [
        ("openai", "/v1/realtime?model=m", "Authorization: Bearer {token}", [], None),
        ("openai", "/v1/realtime?model=m", "", ["realtime", _OPENAI], "realtime"),
        ("openai", "/v1/realtime?model=m", "", [_OPENAI, "openai-beta.x", "realtime"], "realtime"),
        ("google-gemini", f"{_GEMINI}?key={{token}}", "", [], None),
        ("google-gemini", _GEMINI, "x-goog-api-key: {token}", [], None),
        ("elevenlabs", "/v1/speech-to-text/realtime", "xi-api-key: {token}", [], None),
        ("deepgram", "/v1/listen?model=nova-3", "Authorization: Token {token}", [], None),
        ("deepgram", "/v1/listen?model=nova-3", "", ["token", "{token}"], "token"),
        ("supabase", "/realtime/v1/websocket?vsn=2.0.0&apikey={token}", "", [], None),
    ],
)
def test_the_key_takes_the_place_of_the_token(
    sockets: SocketMatrix,
    api: str,
    target: str,
    header: str,
    subprotocols: list[str],
    selected: str | None,
) -> None:
    assert sockets.opened(api, target, header, subprotocols) == selected


def test_every_explained_difference_of_websockets_is_there(sockets: SocketMatrix) -> None:
    for name, feature in CELLS:
        if feature == "wire":
            sockets.check(name, feature)
    assert sockets.differences == set(SOCKET_DIFFERENCES)


def test_the_document_says_what_the_clients_of_websockets_did(sockets: SocketMatrix) -> None:
    text = DOCUMENT.read_text()
    found = written_sockets(text, sockets)
    if os.environ.get("WRITE_SDK_DOCS"):
        DOCUMENT.write_text(found)
    else:
        assert text == found, "run `make sdk-docs`, and look at what changed"
