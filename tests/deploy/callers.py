"""Whom a deployed stack takes a caller for.

The emulated gateway appends nobody to X-Forwarded-For, so the emulated CDN's entry stands where the
gateway's would, and what is sent where CloudFront would append its viewer; the CDN's secret travels
as on AWS. tests/product/accounts/test_client_ip.py has the list as AWS makes it.
"""

from __future__ import annotations

import json

from tests.deploy.clients import StackClient
from tests.support.accounts import PASSWORD, Account

VIEWER = "198.51.100.7"
PEER = "127.0.0.1"


def source_of_sign_in(stack_client: StackClient, account: Account, *fields: tuple[str, str]) -> str:
    """Sign in with these fields; the address that the session is kept under."""
    known = {entry["session_id"] for entry in _sessions(account)}
    body = json.dumps({"username": account.username, "password": PASSWORD}).encode()
    headers = [("Content-Type", "application/json"), *fields]
    assert stack_client.request("POST", "/api/auth/login", headers, body).status == 200
    (made,) = [entry for entry in _sessions(account) if entry["session_id"] not in known]
    source: str = made["source"]
    return source


def _sessions(account: Account) -> list[dict[str, str]]:
    found: list[dict[str, str]] = account.call("GET", "/api/sessions").json["items"]
    return found
