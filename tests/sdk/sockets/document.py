"""Write what the clients of WebSockets did into docs/sdks.md, between its markers."""

from __future__ import annotations

from tests.sdk.document import NOTHING_TO_TRY, PROXY, TOKEN, with_parts
from tests.sdk.sockets.rows import SOCKET_CLIENTS, SocketClient
from tests.sdk.sockets.wire import SOCKET_DIFFERENCES
from tests.sdk.sockets.world import SocketMatrix

SOCKET_FEATURES = {
    "messages": (
        "messages",
        "Text and binary arrive in both directions, the key arrives once, and the token does not.",
    ),
    "wire": (
        "wire",
        "The opening request and every frame reach the upstream as they do without the dashboard, "
        "except for the differences below.",
    ),
    "refused": (
        "revoked",
        "A revoked token raises the same error of the client as a wrong key of the provider.",
    ),
    "secure": ("needs TLS", "The client opens `wss` only, even if its base URL begins with http."),
}
"""The columns: a heading, and what is tried."""


def _tried(client: SocketClient) -> tuple[str, ...]:
    refused = ("refused",) if client.reports_refusal else ()
    return ("messages", "wire", *refused, *(("secure",) if client.secure else ()))


CELLS = [(name, feature) for name, client in SOCKET_CLIENTS.items() for feature in _tried(client)]


def written_sockets(text: str, matrix: SocketMatrix) -> str:
    """Return the document with its parts about WebSockets generated from the matrix."""
    differences = "\n".join(f"- {text}" for text in SOCKET_DIFFERENCES.values())
    return with_parts(
        text,
        {"sockets": _table(matrix), "socket setup": _setups(), "socket differences": differences},
    )


def _table(matrix: SocketMatrix) -> str:
    headings = [heading for heading, _ in SOCKET_FEATURES.values()]
    lines = [
        f"| client | version | WebSocket | {' | '.join(headings)} |",
        f"|---|---|---|{'---|' * len(headings)}",
    ]
    for name, client in SOCKET_CLIENTS.items():
        cells = [_cell(matrix, client, feature) for feature in SOCKET_FEATURES]
        path = f"`{client.path}`" if client.path else "any"
        lines.append(f"| {name} | {client.version} | {path} | {' | '.join(cells)} |")
    meanings = [f"- **{heading}**: {meaning}" for heading, meaning in SOCKET_FEATURES.values()]
    return "\n".join([*lines, "", *meanings])


def _cell(matrix: SocketMatrix, client: SocketClient, feature: str) -> str:
    if feature not in _tried(client):
        return NOTHING_TO_TRY
    return "yes" if matrix.works(client.name, feature) else "**no**"


def _setups() -> str:
    """Return the code of each client, once for clients of the same package."""
    packages: dict[tuple[str, str], list[SocketClient]] = {}
    for client in SOCKET_CLIENTS.values():
        packages.setdefault((client.language, client.package), []).append(client)
    return "\n\n".join(_setup(clients) for clients in packages.values())


def _setup(clients: list[SocketClient]) -> str:
    first = clients[0]
    secure = any(client.secure for client in clients)
    proxy = PROXY.replace("http:", "https:") if secure else PROXY
    imports = [client.imports for client in clients if client.imports]
    code = first.setup(f"{proxy}/{first.api}", TOKEN)
    blocks = ["\n".join([*imports, code]), *(client.example for client in clients)]
    text = "\n\n".join(filter(None, blocks))
    language = "javascript" if first.language in ("javascript", "browser") else "python"
    return f"#### {first.name.partition(',')[0]}\n\n```{language}\n{text}\n```"
