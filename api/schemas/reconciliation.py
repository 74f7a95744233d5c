"""Request and response models of reconciliations: the dashboard's figures beside the providers'."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from api.schemas.fields import ApiName, ApiSlug, RequestModel, ResponseModel, Usd

ReconciliationState = Literal[
    "not_run",
    "ok",
    "no_key",
    "refused",
    "rate_limited",
    "unreachable",
    "bad_answer",
    "other_currency",
]
"""How the last run ended. After any state but `ok`, the days of earlier runs stay."""

CauseCode = Literal[
    "day_not_over",
    "recent",
    "late_reading",
    "no_reading",
    "not_in_report",
    "unknown_cost",
    "estimates",
    "outside",
    "discounts",
    "rounding",
]

_ProviderUsd = Annotated[
    Usd | None,
    Meta(description="The provider's own figure in US dollars. Null if it reported none."),
]
_OwnUsd = Annotated[
    Usd, Meta(description="What the dashboard recorded, in US dollars, without unknown costs.")
]
_DriftUsd = Annotated[
    Usd | None,
    Meta(
        description="The provider's figure less the dashboard's, in US dollars. Null without a "
        "figure of the provider."
    ),
]
_DriftPercent = Annotated[
    float | None,
    Meta(
        description="The drift in percent of the provider's figure, with one decimal. Null without "
        "a figure of the provider, or if it is 0 and the dashboard's is not."
    ),
]


class SetReconciliation(RequestModel, frozen=True, kw_only=True):
    """The API under which the provider's admin key is stored."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"admin_api_name": "openai-admin"}

    admin_api_name: ApiName


class ReconciliationCause(ResponseModel, frozen=True, kw_only=True):
    """What explains a part of a day's drift."""

    code: Annotated[CauseCode, Meta(description="A stable word for the cause.")]
    text: Annotated[str, Meta(description="The cause in one sentence.")]


class ReconciledDay(ResponseModel, frozen=True, kw_only=True):
    """One day (UTC) in the provider's figures and in the dashboard's."""

    date: Annotated[str, Meta(description="The day in UTC, as YYYY-MM-DD.")]
    is_complete: Annotated[bool, Meta(description="Whether the day was over when it was compared.")]
    provider_usd: _ProviderUsd
    own_usd: _OwnUsd
    estimated_usd: Annotated[Usd, Meta(description="The part of `own_usd` that is an estimate.")]
    unknown_calls: Annotated[int, Meta(description="The calls whose cost is unknown.")]
    drift_usd: _DriftUsd
    drift_percent: _DriftPercent
    causes: Annotated[
        list[ReconciliationCause], Meta(description="What explains the drift, or may explain it.")
    ]
    compared_at: Annotated[int, Meta(description="When they were compared, in epoch seconds.")]


class ReconciliationView(ResponseModel, frozen=True, kw_only=True):
    """The comparison of an API's spend with the provider's own figures."""

    api_name: ApiSlug
    admin_api_name: Annotated[
        str, Meta(description="The API under which the provider's admin key is stored.")
    ]
    provider: Annotated[
        str | None,
        Meta(
            description="The provider whose figures are compared: `openai`, `anthropic` or "
            "`openrouter`. Null if the admin key no longer exists."
        ),
    ]
    compared_apis: Annotated[
        list[str],
        Meta(
            description="The APIs whose spend is added up for the comparison: all that use this "
            "admin key."
        ),
    ]
    state: Annotated[ReconciliationState, Meta(description="How the last run ended.")]
    detail: Annotated[
        str, Meta(description="What happened at the last run, and what to do, in sentences.")
    ]
    last_run_at: Annotated[
        int | None, Meta(description="When it last ran, in epoch seconds. Null before the first.")
    ]
    next_run_at: Annotated[
        int | None,
        Meta(
            description="When it runs next, in epoch seconds. Null if this server runs no schedule."
        ),
    ]
    provider_usd: Annotated[
        Usd | None,
        Meta(description="The provider's figures of the complete days below, in US dollars."),
    ]
    own_usd: Annotated[
        Usd, Meta(description="The dashboard's figures of the same days, in US dollars.")
    ]
    drift_percent: _DriftPercent
    days: Annotated[list[ReconciledDay], Meta(description="The last 31 days, the latest first.")]


class ReconciliationCandidate(ResponseModel, frozen=True, kw_only=True):
    """An API that could be compared, with the APIs that may hold its provider's admin key."""

    api_name: ApiSlug
    provider: Annotated[str, Meta(description="The provider that reports costs.")]
    admin_api_names: Annotated[
        list[str], Meta(description="Other APIs of the account with a key of this provider.")
    ]


ReconciliationCandidates = Annotated[
    list[ReconciliationCandidate],
    Meta(description="The APIs that could be compared. Only on the first page."),
]
