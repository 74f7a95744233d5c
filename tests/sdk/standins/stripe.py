"""Stripe, with its published fixtures and by its API reference: forms, lists, idempotency.

Sources: tests/sdk/published/stripe.json; https://docs.stripe.com/api/errors, /api/pagination/auto,
/api/idempotent_requests, /error-low-level, /rate-limits, /file-upload.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import parse_qs

from tests.sdk.content import FILE
from tests.sdk.standins.base import Fields, Standin, bearer, form_field, json_answer, published
from tests.support.upstream import Answer, Received

SECRET = "sk_test_0123456789abcdefghij"
PUBLISHED = published("stripe")
CUSTOMERS = [f"cus_{number}" for number in range(5)]
FIELDS = [("Request-Id", "req_0123456789abcd"), ("Stripe-Version", "2026-02-25.clover")]


class Stripe(Standin):
    """api.stripe.com, and files.stripe.com for uploads."""

    slug = "stripe"
    secret = SECRET
    results: ClassVar[Mapping[str, object]] = {
        "call": ["customer", "ada@example.com", "Ada Lövelace"],
        "upload": len(FILE),
        "pages": CUSTOMERS,
    }
    retry_after = 0

    def knows(self, received: Received) -> bool:
        scheme, _, value = (received.get("Authorization") or "").partition(" ")
        if scheme.lower() == "basic":
            return base64.b64decode(value).decode().partition(":")[0] == SECRET
        return bearer(received) == SECRET

    def refusal(self) -> Answer:
        return error(401, "invalid_request_error", "Invalid API Key provided: sk_test_********ghij")

    def limited(self, seconds: int) -> Answer:
        # Stripe sends no Retry-After; its SDKs choose the delay.
        fields = [
            ("Stripe-Rate-Limited-Reason", "global-rate"),
            ("Stripe-Should-Retry", "true"),
        ]
        message = "Request rate limit exceeded."
        return error(429, "invalid_request_error", message, "rate_limit", fields)

    def broken(self) -> Answer:
        fields = [("Stripe-Should-Retry", "true")]
        return error(503, "api_error", "Stripe is unavailable.", headers=fields)

    def answer(self, received: Received) -> Answer:
        path, _, query = received.target.partition("?")
        call = (received.method, path)
        if call == ("POST", "/v1/customers"):
            form = parse_qs(received.body.decode())
            made = {"email": form["email"][0], "name": form["name"][0]}
            return json_answer({**PUBLISHED["customer"], **made}, headers=FIELDS)
        if call == ("GET", "/v1/customers"):
            return customers(parse_qs(query))
        if call == ("POST", "/v1/files"):
            size = len(form_field(received, "file"))
            purpose = form_field(received, "purpose").decode()
            return json_answer(
                {**PUBLISHED["file"], "size": size, "purpose": purpose}, headers=FIELDS
            )
        if received.method == "GET" and path.startswith("/v1/customers/"):
            message = f"No such customer: '{path.rpartition('/')[2]}'"
            return error(404, "invalid_request_error", message, "resource_missing")
        message = f"Unrecognized request URL ({received.method}: {path})."
        return error(404, "invalid_request_error", message)


def error(
    status: int, kind: str, message: str, code: str | None = None, headers: Fields | None = None
) -> Answer:
    """Return an error in the API's format."""
    body: dict[str, object] = {"type": kind, "message": message}
    if code is not None:
        body |= {"code": code, "doc_url": f"https://stripe.com/docs/error-codes/{code}"}
    return json_answer({"error": body}, status, [*FIELDS, *(headers or [])])


def customers(query: dict[str, list[str]]) -> Answer:
    """Return a page of two of five customers."""
    after = query.get("starting_after", [""])[0]
    start = CUSTOMERS.index(after) + 1 if after else 0
    return json_answer(
        {
            "object": "list",
            "url": "/v1/customers",
            "has_more": start + 2 < len(CUSTOMERS),
            "data": [
                {**PUBLISHED["customer"], "id": name} for name in CUSTOMERS[start : start + 2]
            ],
        },
        headers=FIELDS,
    )
