"""WebSockets over TLS on both sides, by a server with a certificate of its own."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme
from websockets.sync.client import connect

from tests.conftest import running
from tests.product.websocket.conftest import Caller
from tests.support.upstream import Place
from tests.support.websocket_peers import accepting, echo


def test_wss_callers_reach_wss_upstreams(
    environment: dict[str, str],
    authority: tuple[trustme.CA, Path],
    caller: Caller,
    tls_place: Place,
    tmp_path: Path,
) -> None:
    issued = authority[0].issue_cert("localhost")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "certificate.pem")
    settings = {
        **environment,
        "API_DASHBOARD_WORKERS": "1",
        "API_DASHBOARD_TLS_CERTIFICATE": str(tmp_path / "certificate.pem"),
        "API_DASHBOARD_TLS_KEY": str(tmp_path / "key.pem"),
    }
    context = ssl.create_default_context()
    authority[0].configure_trust(context)
    caller.account.key(tls_place, api_name=f"{caller.api_name}-tls")
    token = caller.account.token([f"{caller.api_name}-tls"])
    tls_place.behaviour = accepting(echo)
    with running(settings, tmp_path) as secured:
        url = f"wss://localhost:{secured.port}{caller.path}-tls/v1/x"
        fields = {"Authorization": f"Bearer {token}"}
        with connect(
            url, ssl=context, additional_headers=fields, max_size=None, proxy=None
        ) as websocket:
            for message in ("x", "x" * 20_000, "x" * (3 << 20), b"m" * (3 << 20)):
                websocket.send(message)
                assert websocket.recv() == message
            assert websocket.ping().wait(5)
        assert websocket.close_code == 1000
    caller.api_name += "-tls"
    assert caller.logged()[0]["messages_out"] == 4
