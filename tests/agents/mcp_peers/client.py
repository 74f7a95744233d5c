"""A client of the official SDK for MCP: `client.py URL TOKEN MODE AUTHORITY`. Prints what it found
as JSON.

MODE is `legacy` for sessions (initialize, Mcp-Session-Id) or `auto` for the newest protocol.
AUTHORITY is the file of a certificate authority, for https.
"""

from __future__ import annotations

import json
import ssl
import sys
from typing import Any

import anyio
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


async def converse(url: str, token: str, mode: str, authority: str) -> dict[str, Any]:
    """Call the server's tools and return what came back."""
    found: dict[str, Any] = {"progress": []}
    notified, confirmed = anyio.Event(), anyio.Event()

    async def on_message(message: Any) -> None:
        if getattr(message, "method", "") == "notifications/tools/list_changed":
            notified.set()

    headers = {"Authorization": f"Bearer {token}"}
    trust = ssl.create_default_context(cafile=authority)
    async with httpx2.AsyncClient(headers=headers, timeout=60, verify=trust) as http:
        transport = streamable_http_client(url, http_client=http)
        async with Client(transport, mode=mode, message_handler=on_message) as client:
            found["version"] = client.protocol_version
            found["tools"] = [tool.name for tool in (await client.list_tools()).tools]

            async def on_progress(number: float, total: float | None, text: str | None) -> None:
                found["progress"].append(text)
                if text == "one":
                    await client.call_tool("confirm", {})
                    confirmed.set()

            result = await client.call_tool("count", {}, progress_callback=on_progress)
            found["count"] = text_of(result)
            await confirmed.wait()
            if mode == "legacy":
                result = await client.call_tool("interrupted", {}, progress_callback=on_progress)
                found["interrupted"] = text_of(result)
                found["announce"] = text_of(await client.call_tool("announce", {}))
                with anyio.fail_after(30):
                    await notified.wait()
    return found


def text_of(result: Any) -> str:
    """Return the text of a tool's result."""
    return "".join(part.text for part in result.content)


if __name__ == "__main__":
    url, token, mode, authority = sys.argv[1:]
    print(json.dumps(anyio.run(converse, url, token, mode, authority)))
