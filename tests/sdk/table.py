"""The matrix's rows, cells and expected results."""

from __future__ import annotations

from tests.sdk.rows import first, javascript, python
from tests.sdk.sdk_client import REFUSALS, SdkClient
from tests.sdk.standins.registry import standin_class

CLIENTS = {client.name: client for client in (*first.CLIENTS, *python.CLIENTS, *javascript.CLIENTS)}
CELLS = [(name, feature) for name, client in CLIENTS.items() for feature in client.tried]
AWS_CELLS = [(name, feature) for name, client in CLIENTS.items() for feature in client.tried_on_aws]
"""The cells that are also tried through the streaming function."""


def expected(client: SdkClient, feature: str) -> object:
    """Return the expected result of a cell, with the product and without it."""
    if feature in client.results:
        return client.results[feature]
    if feature in REFUSALS:
        position = REFUSALS.index(feature)
        return [client.refusals[position], client.statuses[position]]
    name = "call" if feature in ("environment", "retry_429", "retry_5xx") else feature
    return standin_class(client.api_of(feature)).results[name]
