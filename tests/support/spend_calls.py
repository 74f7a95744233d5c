"""A call of each endpoint of spend, for tests that call every endpoint."""

from __future__ import annotations

SPEND_CALLS: tuple[tuple[str, str, dict[str, str], object], ...] = (
    ("GET", "/api/spend", {}, None),
    ("GET", "/api/spend.csv", {}, None),
    (
        "POST",
        "/api/budgets",
        {},
        {"scope": {"type": "api", "api_name": "test"}, "period": "month", "amount_usd": 5},
    ),
    ("GET", "/api/budgets", {}, None),
    ("GET", "/api/budgets/{budget_id}", {"budget_id": "api:test:month"}, None),
    ("PATCH", "/api/budgets/{budget_id}", {"budget_id": "api:test:month"}, {"amount_usd": 7}),
    (
        "PUT",
        "/api/prices/{api_name}",
        {"api_name": "test"},
        {"rules": [{"per_call_usd": "0.25"}]},
    ),
    ("GET", "/api/prices", {}, None),
    ("GET", "/api/prices/{api_name}", {"api_name": "test"}, None),
    ("GET", "/api/prices/{api_name}/models", {"api_name": "test"}, None),
    (
        "PUT",
        "/api/spend/reconciliations/{api_name}",
        {"api_name": "test"},
        {"admin_api_name": "admin"},
    ),
    ("GET", "/api/spend/reconciliations", {}, None),
    ("POST", "/api/spend/reconciliations/{api_name}/run", {"api_name": "test"}, None),
)
"""Method, path template, its parameters and the body. The API `test` must exist, and an API `admin`
with the provider `openai`."""

END_CALLS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("DELETE", "/api/spend/reconciliations/{api_name}", {"api_name": "test"}),
    ("DELETE", "/api/prices/{api_name}", {"api_name": "test"}),
    ("DELETE", "/api/budgets/{budget_id}", {"budget_id": "api:test:month"}),
)
"""Calls that remove what SPEND_CALLS made."""
