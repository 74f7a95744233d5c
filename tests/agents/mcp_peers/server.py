"""An MCP server of the official SDK: `server.py PORT KEY LOG`.

It accepts the key as bearer token only, and writes each request's method and fields to LOG.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import anyio
import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.streamable_http import EventMessage, EventStore
from starlette.requests import Request
from starlette.responses import Response


class Events(EventStore):
    """Keeps the events of all streams, for clients that resume one."""

    def __init__(self) -> None:
        self._events: list[tuple[str, Any]] = []

    async def store_event(self, stream_id: str, message: Any) -> str:
        """Keep an event and return its id."""
        self._events.append((stream_id, message))
        return str(len(self._events))

    async def replay_events_after(self, last_event_id: str, send_callback: Any) -> str | None:
        """Send the events of the same stream after one of them."""
        number = int(last_event_id)
        stream = self._events[number - 1][0]
        for later, (other, message) in enumerate(self._events[number:], number + 1):
            if other == stream and message is not None:
                await send_callback(EventMessage(message, str(later)))
        return stream


server = MCPServer("stand-in")
confirmations: list[anyio.Event] = []


@server.tool()
async def count(ctx: Context) -> str:
    """Report progress, wait until the client has it, and return."""
    confirmations.append(anyio.Event())
    await ctx.report_progress(1, 2, "one")
    await confirmations[-1].wait()
    await ctx.report_progress(2, 2, "two")
    return "counted"


@server.tool()
async def confirm() -> str:
    """Tell `count` that the client has its first progress."""
    confirmations[-1].set()
    return "confirmed"


@server.tool()
async def interrupted(ctx: Context) -> str:
    """End the stream of this call, so that the client has to resume it."""
    await ctx.report_progress(1, 2, "before")
    await ctx.close_sse_stream()
    await ctx.report_progress(2, 2, "after")
    return "resumed"


@server.tool()
async def announce(ctx: Context) -> str:
    """Send a notification of no request: it comes on the stream that the client opened with GET."""
    await ctx.session.send_tool_list_changed()
    return "announced"


def main(port: int, key: str, log: str) -> None:
    """Serve until the process is ended."""
    inner = server.streamable_http_app(event_store=Events(), retry_interval=50)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            with open(log, "a") as file:
                file.write(json.dumps([request.method, dict(request.headers)]) + "\n")
            if request.headers.get("authorization") != f"Bearer {key}":
                await Response("unauthorized", 401)(scope, receive, send)
                return
        await inner(scope, receive, send)

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
