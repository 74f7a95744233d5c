"""The function's schedule scans accounts and delivers, with and without scheduled checks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.aws_lambda.handler import make_handler
from api.settings import read_settings
from tests.product.detection.conftest import add_target
from tests.support.accounts import Account
from tests.support.clients import LambdaClient
from tests.support.products import keep
from tests.support.upstream import Answer, Place, Upstream

EVENT = {"task": "scheduled_checks"}


@pytest.mark.parametrize("checks", ["true", "false"])
def test_the_schedule_notifies_and_delivers_in_one_run(
    own_table: dict[str, str], place: Place, upstream_server: Upstream, checks: str
) -> None:
    settings = {**own_table, "API_DASHBOARD_SCHEDULED_CHECKS": checks}
    handler: Any = make_handler(read_settings(settings))
    keep(handler)
    nothing = {"notifications": 0, "deliveries": 0} | ({"checks": 0} if checks == "true" else {})
    assert handler(EVENT, None) == nothing
    account = Account(LambdaClient(handler))
    hook = upstream_server.place(f"hook-{checks}")
    add_target(account, hook)
    account.key(place)
    place.answer(Answer(401))
    account.proxied(account.token())
    assert handler(EVENT, None) == nothing | {"notifications": 1, "deliveries": 1}
    (message,) = hook.received
    assert json.loads(message.body)["data"]["title"] == "test: a key is refused"
    assert handler(EVENT, None) == nothing
