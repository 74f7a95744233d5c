"""The simulated rate-limit errors of every dialect."""

import json

import pytest

from api.quota.dialects import dialect_names
from api.quota.headers import read_quota
from api.quota.rate_limit_dialect import WAIT
from api.quota.simulated_limits import simulated_response
from tests.unit.quota.samples import NOW

STATUSES = {"github": 403, "linear": 400}


@pytest.mark.parametrize("dialect", sorted(dialect_names()))
def test_every_dialect_has_a_simulated_response(dialect: str) -> None:
    made = simulated_response(dialect, "api.example.com", NOW)
    assert made.status == STATUSES.get(dialect, 429)
    names = [name for name, _ in made.headers]
    assert names[0] == "Content-Type"
    assert len({name.lower() for name in names}) == len(names)
    reading = read_quota(made.headers, made.status, NOW, dialect)
    if dialect == "stripe":
        assert dict(made.headers)["Stripe-Rate-Limited-Reason"] == "global-rate"
    elif dialect == "linear":
        assert reading is not None and reading.windows[0].remaining == 0
    else:
        assert reading is not None and reading.exhausted_until == NOW + WAIT
    if dialect != "gitlab":
        assert json.loads(made.body)


@pytest.mark.parametrize(
    ("host", "member", "value"),
    [
        ("api.notion.com", "code", "rate_limited"),
        ("api.twilio.com", "code", 20429),
        ("generativelanguage.googleapis.com", "error.status", "RESOURCE_EXHAUSTED"),
    ],
)
def test_some_hosts_have_their_own_body(host: str, member: str, value: object) -> None:
    body = json.loads(simulated_response("generic", host, NOW).body)
    for name in member.split("."):
        body = body[name]
    assert body == value


@pytest.mark.parametrize(
    ("dialect", "place", "value"),
    [
        ("openai", ("error", "code"), "rate_limit_exceeded"),
        ("azure-openai", ("error", "code"), "429"),
        ("anthropic", ("error", "type"), "rate_limit_error"),
        ("stripe", ("error", "code"), "rate_limit"),
        ("slack", ("error",), "ratelimited"),
        ("discord", ("retry_after",), float(WAIT)),
        ("x", ("title",), "Too Many Requests"),
        ("reddit", ("error",), 429),
    ],
)
def test_the_body_is_the_documented_one(
    dialect: str, place: tuple[str, ...], value: object
) -> None:
    body = json.loads(simulated_response(dialect, "api.example.com", NOW).body)
    for name in place:
        body = body[name]
    assert body == value
