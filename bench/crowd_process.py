"""A process that holds thousands of client connections.

Run as `python -m bench.crowd_process PORT`. It reads a line of JSON with the members of
`bench.crowd.Crowd` and opens the connections. For each further line it writes a line of JSON with
the counts so far. It ends, and closes all connections, at the end of its input.
"""

from __future__ import annotations

import asyncio
import collections
import json
import socket
import sys
from typing import Any

from bench.processes import LOOPBACK
from bench.standins.slow_upstream import raise_file_limit

# So many connections are opened at the same time.
OPENING = 100
_SMALL_BUFFER = 4096

counts: collections.Counter[str] = collections.Counter()
statuses: collections.Counter[int] = collections.Counter()


class Client(asyncio.Protocol):
    """One connection: it sends its request once and counts what comes back."""

    def __init__(self, request: bytes, reads: bool) -> None:
        self.request = request
        self.reads = reads
        self.answered = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        counts["opened"] += 1
        if not self.reads:
            transport.pause_reading()
        if self.request:
            transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        counts["bytes"] += len(data)
        if not self.answered and data.startswith(b"HTTP/1.1 "):
            self.answered = True
            statuses[int(data[9:12])] += 1

    def connection_lost(self, exc: Exception | None) -> None:
        counts["closed"] += 1


async def open_all(port: int, crowd: dict[str, Any]) -> None:
    """Open the connections, `OPENING` at a time."""
    loop = asyncio.get_running_loop()
    slots = asyncio.Semaphore(OPENING)

    async def connect(number: int) -> None:
        request = crowd["request"].replace("NUMBER", f"{number:06d}").encode("latin-1")
        sock = socket.socket()
        sock.setblocking(False)
        if not crowd["reads"]:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
        async with slots:
            try:
                await loop.sock_connect(sock, (LOOPBACK, port))
                await loop.create_connection(lambda: Client(request, crowd["reads"]), sock=sock)
            except OSError:
                counts["not_connected"] += 1
                sock.close()

    await asyncio.gather(*(connect(number) for number in range(crowd["count"])))


async def main(port: int) -> None:
    """Serve the lines of standard input."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    opening = loop.create_task(open_all(port, json.loads(await lines.readline())))
    while await lines.readline():
        print(json.dumps({**counts, "statuses": statuses}), flush=True)
    opening.cancel()


if __name__ == "__main__":
    raise_file_limit()
    asyncio.run(main(int(sys.argv[1])))
