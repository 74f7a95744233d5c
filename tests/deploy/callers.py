"""The client IP that a deployed stack determines.

The emulated gateway does not append to X-Forwarded-For. So the emulated CDN's entry is in the place
of the gateway's, and the client's own entry in the place of CloudFront's. The CDN's secret is sent
as on AWS. tests/product/accounts/test_client_ip.py tests the list as AWS builds it.
"""

from __future__ import annotations

import json

from tests.deploy.clients import StackClient
from tests.support.accounts import PASSWORD, Account

VIEWER = "198.51.100.7"
PEER = "127.0.0.1"


def source_of_sign_in(stack_client: StackClient, account: Account, *fields: tuple[str, str]) -> str:
    """Sign in with these header fields and return the session's IP address."""
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
