"""A large installation for the benchmarks of backups and moves, and commands that work on it.

`BENCH_BACKUP_ENTRIES` and `BENCH_BACKUP_KEYS` change its size.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.environment import ROOT
from bench.fixtures import Item, import_items
from bench.processes import clean_environment
from bench.product import Product

ENTRIES = int(os.environ.get("BENCH_BACKUP_ENTRIES", "250000"))
KEYS = int(os.environ.get("BENCH_BACKUP_KEYS", "1000"))
KEYS_A_USER = 100

MOST_MEMORY = 100
"""Megabytes that a command may need."""

_PEAK = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, capture_output=True, text=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
sys.stderr.write(done.stderr)
print(peak)
print(done.stdout)
sys.exit(done.returncode)
"""


class OperationFailed(Exception):
    """A command failed, or its result is not what it should be."""


class Commands:
    """Runs the command line on the data folder, with the peak of its memory in bytes."""

    def __init__(self, product: Product, data: Path, folder: Path, **variables: str) -> None:
        self.data = data
        secrets = ("JWT_SECRET_KEY", "FERNET_KEYS")
        self._environment = clean_environment(
            **{name: product.environment[name] for name in secrets},
            API_DASHBOARD_BACKUP_PASSPHRASE="a passphrase of the benchmark",
            HOME=str(folder),
            **variables,
        )

    def run(self, *arguments: object) -> tuple[int, dict[str, Any]]:
        """Run a command. Returns its peak of memory and its document."""
        command = [sys.executable, "-m", "api", *map(str, arguments), "--json"]
        done = subprocess.run(
            [sys.executable, "-c", _PEAK, *command],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise OperationFailed(done.stderr)
        peak, _, document = done.stdout.partition("\n")
        # In kilobytes, on macOS in bytes.
        unit = 1 if sys.platform == "darwin" else 1024
        return int(peak) * unit, json.loads(document)


def data_folder(product: Product, folder: Path) -> Path:
    """Write the product's items and those of further users to a new data folder."""
    data = folder / "data"
    data.mkdir(mode=0o700)
    import_items(_items(product.items), data / "database.db")
    (data / "VERSION").write_text("2\n")
    return data


def _items(items: list[Item]) -> Iterator[Item]:
    """Yield the product's items, and those of further users with keys and log entries."""
    yield from items
    kinds = {item["SK"]["S"].partition("#")[0]: item for item in items}
    users = KEYS // KEYS_A_USER
    now = int(time.time())
    for number in range(users):
        name = f"other-{number}"
        user = f"USER#{name}"
        yield {**kinds["PROFILE"], "PK": {"S": user}, "username": {"S": name}}
        yield {"PK": {"S": f"NAME#{name}"}, "SK": {"S": "NAME"}, "username": {"S": name}}
        for key in range(KEYS_A_USER):
            stored = {**kinds["APIKEY"], "PK": {"S": user}, "SK": {"S": f"APIKEY#{number}-{key}"}}
            yield {**stored, "GSI1SK": {"S": user}}
        for entry in range(ENTRIES // users):
            yield {
                "PK": {"S": user},
                "SK": {"S": f"LOG#{now - entry:010d}#{entry:08x}"},
                "method": {"S": "POST"},
                "path": {"S": "/v1/chat/completions"},
                "status": {"N": "200"},
                "ms": {"N": str(entry % 3_000)},
                "expires_at": {"N": str(now + 14 * 86_400)},
            }
