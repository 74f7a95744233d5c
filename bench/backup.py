"""Backups of the embedded database under load: calls meanwhile, consistency, and memory.

`BENCH_BACKUP_ENTRIES`, `BENCH_BACKUP_KEYS` and `BENCH_BACKUP_ROUNDS` change the sizes.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.environment import ROOT
from bench.figures import Figure, show
from bench.fixtures import Item, embedded_dynamodb, import_items, scratch_folder
from bench.load import Target, load
from bench.processes import clean_environment
from bench.product import Product, set_up
from bench.standins.nginx import upstream

ENTRIES = int(os.environ.get("BENCH_BACKUP_ENTRIES", "250000"))
KEYS = int(os.environ.get("BENCH_BACKUP_KEYS", "1000"))
ROUNDS = int(os.environ.get("BENCH_BACKUP_ROUNDS", "20"))
KEYS_A_USER = 100
CONNECTIONS = 4
SECONDS = 3.0

# At most this many times the median of calls alone, and megabytes.
MOST_SLOWDOWN = 2.0
MOST_MEMORY = 100

_PEAK = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, capture_output=True, text=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
sys.stderr.write(done.stderr)
print(peak)
print(done.stdout)
sys.exit(done.returncode)
"""


class BackupFailed(Exception):
    """A command failed, or a backup is not consistent."""


def measure() -> list[Figure]:
    """Make backups under load, each of which is checked, then restore the last one."""
    alone: list[float] = []
    meanwhile: list[float] = []
    seconds: list[float] = []
    peaks: list[int] = []
    with scratch_folder() as folder, upstream() as api:
        product = set_up(api, folder / "database.db")
        data = _data_folder(product, folder)
        commands = _Commands(product, data, folder)
        with embedded_dynamodb(data / "database.db") as url, product.server(url) as target:
            for number in range(ROUNDS):
                alone.append(load(target, CONNECTIONS, SECONDS).median)
                backup = folder / f"{number}.backup"
                median, document, peak, took = _under_load(commands, target, backup)
                meanwhile.append(median)
                peaks.append(peak)
                seconds.append(took)
                _require_consistent(document)
                if number:
                    (folder / f"{number - 1}.backup").unlink()
        restore_peak, _ = commands.run("restore", backup, "--data", folder / "restored")
        shutil.rmtree(folder / "restored")
    ratio = statistics.median(meanwhile) / statistics.median(alone)
    return [
        Figure(
            f"proxied p50 during a backup of {ENTRIES:,} log entries and {KEYS:,} keys",
            f"{statistics.median(meanwhile):.2f} ms",
            f"alone {statistics.median(alone):.2f} ms",
            f"ratio {ratio:.2f}",
            ratio,
            MOST_SLOWDOWN,
        ),
        Figure(
            "consistent backups under write load", f"{ROUNDS} of {ROUNDS}", "",
            f"{statistics.median(seconds):.1f} s each", statistics.median(seconds),
        ),
        *(
            Figure(
                f"peak memory of a {what}", f"{peak / 1e6:.0f} MB", "", f"{peak / 1e6:.0f} MB",
                peak / 1e6, MOST_MEMORY,
            )
            for what, peak in (("backup", max(peaks)), ("restore", restore_peak))
        ),
    ]  # fmt: skip


class _Commands:
    """Runs the command line on the data folder, with the peak of its memory in bytes."""

    def __init__(self, product: Product, data: Path, folder: Path) -> None:
        self.data = data
        secrets = ("JWT_SECRET_KEY", "FERNET_KEYS")
        self._environment = clean_environment(
            **{name: product.environment[name] for name in secrets},
            API_DASHBOARD_BACKUP_PASSPHRASE="a passphrase of the benchmark",
            HOME=str(folder),
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
            raise BackupFailed(done.stderr)
        peak, _, document = done.stdout.partition("\n")
        # In kilobytes, on macOS in bytes.
        unit = 1 if sys.platform == "darwin" else 1024
        return int(peak) * unit, json.loads(document)


def _under_load(
    commands: _Commands, target: Target, backup: Path
) -> tuple[float, dict[str, Any], int, float]:
    """Make a backup while calls run. Returns their median, and the backup's document."""
    made: list[tuple[int, dict[str, Any], float]] = []
    failures: list[BaseException] = []

    def make() -> None:
        started = time.monotonic()
        try:
            peak, document = commands.run("backup", backup, "--data", commands.data)
            made.append((peak, document, time.monotonic() - started))
        except BaseException as error:
            failures.append(error)

    making = threading.Thread(target=make)
    making.start()
    medians = [load(target, CONNECTIONS, 1.0).median]
    while making.is_alive():
        medians.append(load(target, CONNECTIONS, 1.0).median)
    making.join()
    if failures:
        raise failures[0]
    peak, document, took = made[0]
    # The last load may have run for the most part after the backup.
    during = medians[:-1] or medians
    return statistics.median(during), document, peak, took


def _require_consistent(document: dict[str, Any]) -> None:
    items = document["items"]
    if items["keys"] != KEYS + 1 or items["log_entries"] < ENTRIES:
        raise BackupFailed(f"the backup has other items: {items}")


def _data_folder(product: Product, folder: Path) -> Path:
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


if __name__ == "__main__":
    show(measure())
