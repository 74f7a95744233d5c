"""The official stripe SDK for Python."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import stripe

from tests.sdk.content import FILE
from tests.sdk.setup import Setup


def call(setup: Setup) -> object:
    params: Any = {"email": "ada@example.com", "name": "Ada Lövelace"}
    made = setup.python().v1.customers.create(params)
    return [made.object, made.email, made.name]


def upload(setup: Setup) -> object:
    # Stripe has a separate host for uploads, so it is a separate API here.
    files = f', "files": "{setup.others["stripe-files"]}"}})'
    client = setup.python("})", files)
    content = io.BytesIO(FILE)
    content.name = "data.bin"
    params: Any = {"file": content, "purpose": "dispute_evidence"}
    return client.v1.files.create(params).size


def pages(setup: Setup) -> object:
    found = setup.python().v1.customers.list({"limit": 2})
    return [customer.id for customer in found.auto_paging_iter()]


def error(setup: Setup) -> object:
    return raised(lambda: setup.python().v1.customers.retrieve("cus_none"))


def refused(setup: Setup) -> object:
    options: Any = {"max_network_retries": 0}
    return raised(lambda: setup.python().v1.customers.list(options=options))


def raised(act: Callable[[], object]) -> object:
    try:
        act()
    except stripe.StripeError as problem:
        return [type(problem).__name__, problem.http_status]
    return None


def retried(setup: Setup) -> object:
    # The SDK does not retry by default.
    client = setup.python("base_addresses=", "max_network_retries=2, base_addresses=")
    params: Any = {"email": "ada@example.com", "name": "Ada Lövelace"}
    made = client.v1.customers.create(params)
    return [made.object, made.email, made.name]


FEATURES = {
    "call": call,
    "upload": upload,
    "pages": pages,
    "retry_429": retried,
    "retry_5xx": retried,
    "error": error,
    "limit": refused,
    "revoked": refused,
}
