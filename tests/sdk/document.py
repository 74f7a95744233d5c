"""Write the results of the matrix into docs/sdks.md, between its markers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tests.sdk.matrix import Matrix
from tests.sdk.sdk_client import FEATURES, GROUPS, Group, SdkClient, provider_of
from tests.sdk.setup import Setup
from tests.sdk.table import CLIENTS
from tests.sdk.wire import AWS_DIFFERENCES, DIFFERENCES

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "sdks.md"
TOKEN = "apd_..."
NOTHING_TO_TRY = "\N{EN DASH}"
PROXY = "http://127.0.0.1:8420/proxy"
_ROOT = "http://127.0.0.1:8421"


def written(text: str, matrix: Matrix) -> str:
    """Return the document with its marked parts generated from the matrix."""
    differences = "\n".join(f"- {text}" for text in DIFFERENCES.values())
    on_aws = "\n".join(f"- {text}" for text in AWS_DIFFERENCES.values())
    parts = {"matrix": _table(matrix), "setup": _setups(), "differences": differences}
    return with_parts(text, {**parts, "differences on AWS": on_aws})


def with_parts(text: str, parts: Mapping[str, str]) -> str:
    """Return the document with new contents of its marked parts, by their names."""
    for name, part in parts.items():
        pattern = re.compile(f"(<!-- {name}: [^>]*-->\n).*?(\n<!-- end -->)", re.DOTALL)
        assert len(pattern.findall(text)) == 1, name
        escaped = part.replace("\\", r"\\")
        text = pattern.sub(rf"\g<1>\n{escaped}\n\g<2>", text)
    return text


def _clients_of(group: Group) -> list[SdkClient]:
    """Return the clients of a group. Those of one API, or of one framework, follow each other."""
    clients = [client for client in CLIENTS.values() if client.group == group]
    if group == "Frameworks":
        return clients
    apis = list(dict.fromkeys(client.api for client in clients))
    return sorted(clients, key=lambda client: apis.index(client.api))


def _table(matrix: Matrix) -> str:
    headings = [heading for heading, _ in FEATURES.values()]
    parts = []
    for group in GROUPS:
        lines = [
            f"| {group} | version | {' | '.join(headings)} |",
            f"|---|---|{'---|' * len(headings)}",
        ]
        for client in _clients_of(group):
            cells = [_cell(matrix, client, feature) for feature in FEATURES]
            # The versions of the machine's own curl and Node.js vary.
            version = "" if client.package in ("curl", "fetch") else client.version
            lines.append(f"| {client.name} | {version} | {' | '.join(cells)} |")
        parts.append("\n".join(lines))
    parts.append("\n".join(f"- **{heading}**: {text}" for heading, text in FEATURES.values()))
    return "\n\n".join(parts)


def _cell(matrix: Matrix, client: SdkClient, feature: str) -> str:
    if feature not in client.tried:
        return NOTHING_TO_TRY
    return "yes" if matrix.works(client.name, feature) else "**no**"


def _setups() -> str:
    parts = []
    for group in GROUPS:
        clients = [client for client in _clients_of(group) if client.setup]
        if clients:
            names = ", ".join(client.name for client in clients)
            parts.append(f"### {group}\n\n<details>\n<summary>{names}</summary>")
            for client in clients:
                parts += _setup(client)
            parts.append("</details>")
    return "\n\n".join(parts)


def _setup(client: SdkClient) -> list[str]:
    provider = provider_of(client.api)
    api_url = f"{PROXY}/{client.api}"
    base_url = api_url + provider.sdk_path
    token = provider.token_prefix + TOKEN
    setup = Setup(client.setup, base_url, _ROOT, token, api_url=api_url)
    parts = [f"#### {client.name}", f"```{client.language}\n{setup.filled}\n```"]
    if client.environment:
        variables = f"{provider.env.base_url[0]}={base_url}\n{provider.env.key[0]}={token}"
        parts.append("Or with environment variables only, without arguments:")
        parts.append(f"```sh\n{variables}\n```")
    return parts
