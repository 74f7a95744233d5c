"""Backups of the embedded database under load: calls meanwhile, consistency, and memory.

`BENCH_BACKUP_ENTRIES`, `BENCH_BACKUP_KEYS` and `BENCH_BACKUP_ROUNDS` change the sizes.
"""

from __future__ import annotations

import os
import shutil
import statistics
import threading
import time
from pathlib import Path
from typing import Any

from bench.figures import Figure, show
from bench.fixtures import embedded_dynamodb, scratch_folder
from bench.large_installation import (
    ENTRIES,
    KEYS,
    MOST_MEMORY,
    Commands,
    OperationFailed,
    data_folder,
)
from bench.load import Target, load
from bench.product import set_up
from bench.standins.nginx import upstream

ROUNDS = int(os.environ.get("BENCH_BACKUP_ROUNDS", "20"))
CONNECTIONS = 4
SECONDS = 3.0

# At most this many times the median of calls alone.
MOST_SLOWDOWN = 2.0


def measure() -> list[Figure]:
    """Make backups under load, each of which is checked, then restore the last one."""
    alone: list[float] = []
    meanwhile: list[float] = []
    seconds: list[float] = []
    peaks: list[int] = []
    with scratch_folder() as folder, upstream() as api:
        product = set_up(api, folder / "database.db")
        data = data_folder(product, folder)
        commands = Commands(product, data, folder)
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


def _under_load(
    commands: Commands, target: Target, backup: Path
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
        raise OperationFailed(f"the backup has other items: {items}")


if __name__ == "__main__":
    show(measure())
