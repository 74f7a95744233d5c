"""Parallel calls against a budget of a dollar, on any DynamoDB engine: whether it is ever exceeded.

Run as `python -m bench.parallel_budgets [--engine dynoxide|moto|ministack] [--runs 20]`. Two
processes' parts make 500 bounded calls in each run, without an upstream. moto carries out one
operation after another, so a run takes minutes there.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import secrets
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from api.proxy.authorization import CallRejected
from api.proxy.kept_ids import KeptIds
from api.settings import read_settings
from api.spend.budgets import Budget
from api.spend.money import NANO
from api.storage.schema import ensure_table
from api.wiring import Storage, build_storage
from tests.support.budgeted import BudgetedAccount, BudgetedProcess, StubCost
from tests.support.engines import ENGINES, patient_client
from tests.support.products import Clock

CALLS = 500
THREADS = 16
BOUNDS = (50_000_000, 20_000_000, 3_000_000, 700_000)
NOW = 1_780_000_200.0
BUDGET = Budget("account", "month", NANO)


def run(storage: Storage, number: int) -> tuple[int, int, int]:
    """Make all calls once. Return how many were served, and the nano-dollars that were settled and
    that were settled or reserved at most. Raises AssertionError if a sum is wrong.
    """
    bound, draw = BOUNDS[number % len(BOUNDS)], random.Random(number)
    clock = Clock(NOW)
    account = BudgetedAccount(storage, f"u{secrets.token_hex(8)}x", NOW)
    account.set_budgets(BUDGET)
    ids = KeptIds(is_complete=True)
    processes = [
        BudgetedProcess(storage, clock, is_grouped=number % 2 == 1, kept_ids=ids) for _ in range(2)
    ]
    costs = [draw.randrange(bound // 2, bound + 1) for _ in range(CALLS)]
    highest = [0]

    def call(index: int) -> int:
        process = processes[index % 2]
        try:
            begun = process.begin(account, StubCost(bound))
        except CallRejected as rejection:
            with rejection.giving_back():
                storage.table.batch(rejection.give_back_ops)
            return 0
        if index % 20 == 0:
            highest.append(account.state(BUDGET, NOW).total)
        process.end(begun, costs[index])
        return costs[index]

    with ThreadPoolExecutor(THREADS) as threads:
        served = list(threads.map(call, range(CALLS)))
    for process in processes:
        process.budgets.close()
    state = account.state(BUDGET, NOW)
    assert state.total == state.spent == sum(served)
    assert max([*highest, state.total]) <= NANO
    return len([cost for cost in served if cost]), state.spent, max([*highest, state.total])


@contextlib.contextmanager
def _engine(name: str) -> Iterator[str]:
    if name != "ministack":
        with ENGINES[name]() as url:
            yield url
        return
    from tests.deploy.emulator import emulated_aws

    with tempfile.TemporaryDirectory() as folder, emulated_aws(Path(folder)) as emulator:
        yield emulator.environment["AWS_ENDPOINT_URL"]


def main() -> None:
    """Print a line for each run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=[*ENGINES, "ministack"], default="dynoxide")
    parser.add_argument("--runs", type=int, default=20)
    arguments = parser.parse_args()
    with _engine(arguments.engine) as url:
        storage = build_storage(
            read_settings({"AWS_ENDPOINT_URL_DYNAMODB": url, "DYNAMODB_TABLE": "budgets"})
        )
        storage.table.client = patient_client(url, "dynamodb", "DynamoDB_20120810", "1.0")
        ensure_table(storage.table)
        for number in range(arguments.runs):
            started = time.monotonic()
            served, settled, highest = run(storage, number)
            print(
                f"{arguments.engine} run {number + 1}: {served} of {CALLS} calls served, "
                f"{settled / NANO:.6f} USD settled, at most {highest / NANO:.6f} USD settled or "
                f"reserved, {time.monotonic() - started:.1f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
