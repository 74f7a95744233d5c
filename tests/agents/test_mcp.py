"""MCP servers over streamable HTTP behind the proxy, with the official SDK on both sides: sessions,
progress over server-sent events, resumed streams, and the newest protocol without sessions.
"""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from tests.agents.mcp_world import KEY, McpServer, converse, mcp_server
from tests.conftest import running
from tests.support.accounts import Account, problem
from tests.support.bundled_function import bundled_function
from tests.support.cdn import Cdn
from tests.support.function_url_server import FunctionUrl
from tests.support.ports import free_port

TOOLS = ["count", "confirm", "interrupted", "announce"]


@dataclass(frozen=True)
class Mcp:
    """The server behind the product, a user with its key, and the product's addresses."""

    server: McpServer
    account: Account
    urls: dict[str, str]
    authority: Path

    def url(self, front: str) -> str:
        """Return the server's URL behind the product."""
        return f"{self.urls[front]}/proxy/tools/mcp"


@pytest.fixture(scope="module")
def mcp(
    separate: dict[str, str],
    authority: tuple[trustme.CA, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Mcp]:
    """An MCP server behind the server on one machine and behind the streaming function."""
    port = free_port()
    settings = {**separate, "API_DASHBOARD_ALLOWED_UPSTREAMS": f"127.0.0.1:{port}"}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("127.0.0.1").configure_cert(context)
    cdn = Cdn(secrets.token_hex(32))
    folders = [tmp_path_factory.mktemp(name) for name in ("mcp", "product", "function")]
    with (
        mcp_server(port, folders[0]) as server,
        running(settings, folders[1]) as product,
        bundled_function(settings, folders[2], cdn.secret) as function,
        FunctionUrl(function, cdn, context) as front,
    ):
        account = Account(product)
        body = {"api_name": "tools", "base_url": f"http://127.0.0.1:{port}", "secret": KEY,
                "auth": {"scheme": "bearer"}}  # fmt: skip
        assert account.call("POST", "/api/keys", body).status == 201
        urls = {"server": product.url, "function": front.url}
        yield Mcp(server, account, urls, authority[1])


@pytest.mark.parametrize("front", ["server", "function"])
def test_a_client_keeps_a_session(mcp: Mcp, front: str) -> None:
    mcp.server.received()
    found = converse(mcp.url(front), mcp.account.token(["tools"]), "legacy", mcp.authority)
    assert found == {
        "version": "2025-11-25",
        "tools": TOOLS,
        "progress": ["one", "two", "before", "after"],
        "count": "counted",
        "interrupted": "resumed",
        "announce": "announced",
    }
    received = mcp.server.received()
    assert {method for method, _ in received} == {"POST", "GET", "DELETE"}
    assert {fields["authorization"] for _, fields in received} == {f"Bearer {KEY}"}
    assert "apd_" not in repr(received)
    [first, *others] = [fields.get("mcp-session-id") for _, fields in received]
    assert first is None and len(set(others)) == 1
    assert [method for method, fields in received if "last-event-id" in fields] == ["GET"]
    _check_ended(mcp, str(others[0]))


@pytest.mark.parametrize("front", ["server", "function"])
def test_a_client_of_the_newest_protocol_needs_no_session(mcp: Mcp, front: str) -> None:
    mcp.server.received()
    found = converse(mcp.url(front), mcp.account.token(["tools"]), "auto", mcp.authority)
    assert found == {
        "version": "2026-07-28", "tools": TOOLS, "progress": ["one", "two"], "count": "counted",
    }  # fmt: skip
    received = mcp.server.received()
    assert {fields["authorization"] for _, fields in received} == {f"Bearer {KEY}"}
    assert "apd_" not in repr(received)
    assert "tools/call" in [fields.get("mcp-method") for _, fields in received]


def test_a_token_without_the_api_reaches_no_mcp_server(mcp: Mcp) -> None:
    mcp.server.received()
    answer = mcp.account.proxied(mcp.account.token(["other"]), "/proxy/tools/mcp", "POST")
    problem(answer, 403, "token_scope")
    assert mcp.server.received() == []


def _check_ended(mcp: Mcp, session: str) -> None:
    """Check that a call with the id of an ended session gets the server's own 404."""
    answer = mcp.account.proxied(
        mcp.account.token(["tools"]),
        "/proxy/tools/mcp",
        "POST",
        [
            ("Content-Type", "application/json"),
            ("Accept", "application/json, text/event-stream"),
            ("Mcp-Session-Id", session),
            ("Mcp-Protocol-Version", "2025-11-25"),
        ],
        b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}',
    )
    assert answer.status == 404
    assert "error" in answer.json and answer.get("proxy-status") is None
