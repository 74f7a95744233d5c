"""Write the results of the matrix into docs/sdks.md, between its markers."""

from __future__ import annotations

import re
from pathlib import Path

from api.services.keys.catalogue import Catalogue
from tests.sdk.matrix import Matrix
from tests.sdk.rows import CLIENTS, FEATURES, SdkClient
from tests.sdk.setup import Setup
from tests.sdk.wire import DIFFERENCES
from tests.sdk.world import SDK_PATHS

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "sdks.md"
TOKEN = "apd_..."
NOTHING_TO_TRY = "\N{EN DASH}"
_PROXY = "http://127.0.0.1:8420/proxy"
_ROOT = "http://127.0.0.1:8421"


def written(text: str, matrix: Matrix) -> str:
    """Return the document with its marked parts generated from the matrix."""
    for name, part in (
        ("matrix", _table(matrix)),
        ("setup", _setups()),
        ("differences", "\n".join(f"- {text}" for text in DIFFERENCES.values())),
    ):
        pattern = re.compile(f"(<!-- {name}: [^>]*-->\n).*?(\n<!-- end -->)", re.DOTALL)
        assert len(pattern.findall(text)) == 1, name
        escaped = part.replace("\\", r"\\")
        text = pattern.sub(rf"\g<1>\n{escaped}\n\g<2>", text)
    return text


def _table(matrix: Matrix) -> str:
    headings = [heading for heading, _ in FEATURES.values()]
    lines = [
        f"| client | version | {' | '.join(headings)} |",
        f"|---|---|{'---|' * len(headings)}",
    ]
    for name, client in CLIENTS.items():
        cells = [_cell(matrix, client, feature) for feature in FEATURES]
        # The versions of the machine's own curl and Node.js vary.
        version = "" if client.package in ("curl", "fetch") else client.version
        lines.append(f"| {name} | {version} | {' | '.join(cells)} |")
    meanings = [f"- **{heading}**: {meaning}" for heading, meaning in FEATURES.values()]
    return "\n".join([*lines, "", *meanings])


def _cell(matrix: Matrix, client: SdkClient, feature: str) -> str:
    if feature not in client.tried:
        return NOTHING_TO_TRY
    return "yes" if matrix.works(client.name, feature) else "**no**"


def _setups() -> str:
    parts = []
    for name, client in CLIENTS.items():
        if not client.setup:
            continue
        provider = Catalogue.load().get(client.api)
        assert provider is not None
        base_url = f"{_PROXY}/{client.api}{SDK_PATHS.get(client.api, '')}"
        assert base_url.endswith(provider.sdk_path)
        setup = Setup(client.setup, base_url, _ROOT, TOKEN)
        parts.append(f"### {name}\n\n```{client.language}\n{setup.filled}\n```")
        if client.environment:
            variables = f"{provider.env.base_url[0]}={base_url}\n{provider.env.key[0]}={TOKEN}"
            parts.append("Or with environment variables only, without arguments:")
            parts.append(f"```sh\n{variables}\n```")
    return "\n\n".join(parts)
