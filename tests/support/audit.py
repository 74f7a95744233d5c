"""The audit log in tests: what an account's entries say."""

from __future__ import annotations

import io
from typing import Any

from api.raw_request import RawRequest
from api.services.audit.trail import AuditTrail
from api.storage.audit import AuditItems
from api.storage.table import Table
from tests.support.accounts import Account


def a_request(source: str = "192.0.2.1", user_agent: str = "curl/8.5.0") -> RawRequest:
    """Return a request from an address."""
    return RawRequest(
        method="POST",
        raw_path="/api/keys",
        raw_query="",
        headers=[("User-Agent", user_agent)],
        body=io.BytesIO(),
        length=0,
        source=source,
        scheme="https",
        host="dashboard.example",
        caller=None,
        streaming=False,
    )


def a_trail(table: Table, now: float, action: str | None, **members: Any) -> AuditTrail:
    """Return the trail of a request at the time `now`, in epoch seconds."""
    return AuditTrail(AuditItems(table, 365), lambda: now, action, a_request(**members))


def audit_entries(account: Account, query: str = "") -> list[dict[str, Any]]:
    """Return the first 1,000 entries of an account, newest first."""
    answer = account.call("GET", f"/api/audit?limit=1000{query}")
    assert answer.status == 200, answer.body
    entries: list[dict[str, Any]] = answer.json["items"]
    return entries
