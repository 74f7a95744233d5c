"""A worker with a limited address space (`ulimit -v`) serves many calls at once."""

from __future__ import annotations

import resource
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.product.local.processes import product

CALLS = 60
LIMIT = 600_000 << 10


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs prlimit(2)")
def test_many_calls_at_once_fit_in_a_limited_address_space() -> None:
    with product(workers=1, threads=64) as server, ThreadPoolExecutor(CALLS) as threads:
        worker = server.get()["pid"]
        resource.prlimit(worker, resource.RLIMIT_AS, (LIMIT, LIMIT))
        answers = list(threads.map(lambda _: server.get("/slow"), range(CALLS)))
    assert {answer["pid"] for answer in answers} == {worker}
