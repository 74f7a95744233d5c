"""The data of the demo account: six APIs with quotas, pool keys, tokens, limits, reservations."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

DAY, HOUR = 86_400, 3600
Call = tuple[str, str, int]  # method, path, usual status


@dataclass(frozen=True)
class DemoApi:
    """An API of the demo account.

    `quota` returns the rate-limit header fields of its responses. `calls` are the requests of
    scripts, `calls_per_hour` their number, and `latency` their usual duration in milliseconds.
    `rates` are the consumption rates of its quotas in units per second.
    """

    api_name: str
    provider: str | None
    base_url: str
    secret: str
    description: str
    calls: tuple[Call, ...]
    calls_per_hour: float
    latency: int
    quota: Callable[[float], dict[str, str]] = lambda _now: {}
    extra: dict[str, Any] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)


def _openai(_now: float) -> dict[str, str]:
    return {
        "x-ratelimit-limit-requests": "10000",
        "x-ratelimit-remaining-requests": "9312",
        "x-ratelimit-reset-requests": "41s",
        "x-ratelimit-limit-tokens": "2000000",
        "x-ratelimit-remaining-tokens": "1204400",
        "x-ratelimit-reset-tokens": "23s",
    }


def _anthropic(now: float) -> dict[str, str]:
    reset = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + 50))
    return {
        "anthropic-ratelimit-requests-limit": "4000",
        "anthropic-ratelimit-requests-remaining": "2210",
        "anthropic-ratelimit-requests-reset": reset,
        "anthropic-ratelimit-tokens-limit": "400000",
        "anthropic-ratelimit-tokens-remaining": "61000",
        "anthropic-ratelimit-tokens-reset": reset,
    }


def _github(now: float) -> dict[str, str]:
    return {
        "x-ratelimit-limit": "5000",
        "x-ratelimit-remaining": "1874",
        "x-ratelimit-used": "3126",
        "x-ratelimit-reset": str(int(now) + 1_390),
        "x-ratelimit-resource": "core",
    }


def _billing(_now: float) -> dict[str, str]:
    return {
        "RateLimit-Policy": '"default";q=600;w=3600',
        "RateLimit": '"default";r=22;t=1860',
    }


APIS = (
    DemoApi(
        "openai", "openai", "https://api.openai.com", "sk-proj-" + "Zt4" * 14 + "Qm7A",
        "Production project", (
            ("POST", "/v1/chat/completions", 200), ("POST", "/v1/responses", 200),
            ("POST", "/v1/embeddings", 200), ("GET", "/v1/models", 200),
        ), 14, 860, _openai, rates={"requests": 0.4, "tokens": 9_800.0},
    ),
    DemoApi(
        "anthropic", "anthropic", "https://api.anthropic.com", "sk-ant-api03-" + "b9" * 42 + "XkAA",
        "Support assistant", (
            ("POST", "/v1/messages", 200), ("POST", "/v1/messages/count_tokens", 200),
        ), 6, 1_420, _anthropic, rates={"requests": 2.1, "tokens": 2_400.0},
    ),
    DemoApi(
        "github", "github", "https://api.github.com", "ghp_" + "k3V" * 11 + "9fR2c",
        "Release notes, read only", (
            ("GET", "/repos/acme/shop/pulls", 200), ("GET", "/repos/acme/shop/issues", 200),
            ("GET", "/repos/acme/shop/releases/latest", 200), ("GET", "/user", 200),
            ("GET", "/repos/acme/archive/commits", 404),
        ), 11, 145, _github, rates={"core": 0.92},
    ),
    DemoApi(
        "stripe", "stripe", "https://api.stripe.com", "rk_live_" + "51Hx" * 8 + "T0pQ",
        "Restricted: invoices", (
            ("GET", "/v1/invoices", 200), ("POST", "/v1/invoiceitems", 200),
            ("GET", "/v1/customers", 200),
        ), 5, 320,
    ),
    DemoApi(
        "openweather", "openweather", "https://api.openweathermap.org", "5f2c" * 7 + "e81d",
        "Office display", (
            ("GET", "/data/2.5/weather", 200), ("GET", "/data/2.5/forecast", 200),
        ), 4, 95,
    ),
    DemoApi(
        "billing", None, "https://billing.acme.example/api", "bil_" + "7Yh2" * 6 + "w4Np",
        "In-house", (
            ("GET", "/customers/4711/balance", 200), ("POST", "/charges", 201),
        ), 3, 60, _billing,
        extra={"auth": {"scheme": "header", "name": "X-Api-Key"}}, rates={"default": 0.0},
    ),
)  # fmt: skip


@dataclass(frozen=True)
class PoolKey:
    """Another key of `api_name`. The upstream responds to it with `status` and header fields.

    After that the proxy skips it for `seconds`. `reason` is `refused` or `exhausted`.
    """

    api_name: str
    secret: str
    description: str
    status: int
    reason: str
    seconds: int
    fields: dict[str, str]


POOL = (
    PoolKey("openai", "sk-proj-" + "R0" * 20, "Batch jobs", 401, "refused", HOUR, {}),
    PoolKey("openai", "sk-proj-" + "Ev" * 18 + "w3Lq", "Evaluations", 200, "exhausted", 1_260, {
        "x-ratelimit-limit-requests": "500",
        "x-ratelimit-remaining-requests": "412",
        "x-ratelimit-reset-requests": "12h4m",
        "x-ratelimit-limit-tokens": "200000",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "21m0s",
    }),
)  # fmt: skip
TOKENS = (
    {"name": "support assistant", "apis": ["openai", "anthropic"], "methods": ["POST"]},
    {"name": "release notes", "apis": ["github", "openai"], "expires_in": 30 * DAY},
    {"name": "invoice worker", "apis": ["stripe", "billing"],
     "path_prefixes": ["/v1/invoices", "/v1/invoiceitems", "/charges"],
     "limit": 500, "window": HOUR},
    {"name": "weather display", "apis": ["openweather"], "methods": ["GET"],
     "expires_in": 2 * DAY, "allowed_ips": ["203.0.113.7", "2001:db8:21::/48"]},
    {"name": "night report", "apis": ["openai", "stripe"]},
)  # fmt: skip
CLIENTS = {
    "support assistant": ("anthropic-python", "openai-python"),
    "release notes": ("claude-cli", "codex"),
    "invoice worker": ("stripe-node",),
    "weather display": ("python-requests",),
    "night report": ("openai-python", "stripe-python", "curl"),
}
"""The families of the programs that use each token."""
POLICIES = {"openai": (400, HOUR), "openweather": (1_000, DAY), "stripe": (60, 60)}
RESERVED = (("support assistant", {"share": 0.4}, 23), ("release notes", {"amount": 60}, 9))
"""Reservations of openai's policy: token, reservation, and the number of calls it makes."""
DEVICES = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
)
