"""A function that starts, and a call of an API without prices, load no prices."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys, time
import api.aws_lambda.handler, api.aws_lambda.streaming
from api.proxy.call_spend import CallSpend
from api.proxy.price_sources import PriceSources
from api.pools import Pool, PoolKey
from api.credentials import AuthScheme
key = PoolKey("k", "https://api.github.com", AuthScheme("bearer"), "s")
spend = CallSpend(PriceSources(None, None), "ada", None, "/x", None, 0.0)
assert not spend.begin(Pool("github", (key,), {}, None, False))
print(*[name for name in sys.modules if name.startswith("api.spend.")])
"""


def test_a_cold_start_and_a_call_of_an_ordinary_api_load_no_prices() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert loaded == {"api.spend.usage", "api.spend.budgets", "api.spend.known_apis"}
