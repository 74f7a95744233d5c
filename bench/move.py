"""Moves of a large installation to an emulated AWS and back: what arrives, and memory.

`BENCH_BACKUP_ENTRIES` and `BENCH_BACKUP_KEYS` change its size.
"""

from __future__ import annotations

import dataclasses
import secrets
from typing import Any

from cryptography.fernet import Fernet

from api.storage.schema import definition
from bench.figures import Figure, show
from bench.fixtures import scratch_folder
from bench.large_installation import (
    ENTRIES,
    KEYS,
    MOST_MEMORY,
    Commands,
    OperationFailed,
    data_folder,
)
from bench.load import load
from bench.product import Product, set_up
from bench.standins.nginx import upstream
from tests.deploy.emulator import REGION, Emulator, emulated_aws

TABLE = "api-dashboard"
SECONDS = 1.0


def measure() -> list[Figure]:
    """Move to a table, call with each token there, move back, and call again."""
    with scratch_folder() as folder, upstream() as api, emulated_aws(folder) as aws:
        product = set_up(api, folder / "database.db")
        data, back = data_folder(product, folder), folder / "back"
        commands = Commands(product, data, folder, **aws.environment)
        keys = _table(aws)
        there, moved = commands.run("move", "--from", data, "--to", _place(), "--wait", "0")
        at_table = dataclasses.replace(
            product, environment={**product.environment, **aws.environment, "FERNET_KEYS": keys}
        )
        _call(at_table, aws.environment["AWS_ENDPOINT_URL"])
        home, returned = commands.run(
            "move", "--from", _place(), "--to", back, "--writes-are-stopped"
        )
    counts = [_counts(moved), _counts(returned)]
    # The calls at the table added entries, nothing else.
    if counts[0]["keys"] != KEYS + 1 or any(
        counts[1][kind] != number for kind, number in counts[0].items() if kind in _STABLE
    ):
        raise OperationFailed(f"a move changed the items: {counts}")
    return [
        Figure(
            f"peak memory of a move of {ENTRIES:,} log entries and {KEYS:,} keys {where}",
            f"{peak / 1e6:.0f} MB",
            "",
            f"{peak / 1e6:.0f} MB",
            peak / 1e6,
            MOST_MEMORY,
        )
        for where, peak in (("to a table", there), ("to a folder", home))
    ]


_STABLE = ("users", "keys", "tokens")


def _place() -> str:
    return f"table:{TABLE}@{REGION}"


def _table(aws: Emulator) -> str:
    """Create an empty table with the secrets of a stack. Return its encryption key."""
    aws.client("dynamodb").create_table(**definition(TABLE))
    keys = Fernet.generate_key().decode()
    for name, value in (("jwt-secret", secrets.token_urlsafe(48)), ("fernet-keys", keys)):
        aws.client("ssm").put_parameter(Name=f"/{TABLE}/{name}", Value=value, Type="SecureString")
    return keys


def _call(product: Product, dynamodb_url: str) -> None:
    """Call with both tokens. Raises RequestsFailed for any status but 200."""
    for limited in (False, True):
        with product.server(dynamodb_url, limited) as target:
            load(target, 1, SECONDS)


def _counts(document: dict[str, Any]) -> dict[str, int]:
    items: dict[str, int] = document["items"]
    return items


if __name__ == "__main__":
    show(measure())
