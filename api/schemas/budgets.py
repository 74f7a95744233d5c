"""Request and response models of budgets."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from api.schemas.fields import (
    AmountUsd,
    ApiName,
    RequestModel,
    ResponseModel,
    TimeZoneName,
    Usd,
)

_ScopeType = Annotated[
    Literal["account", "api", "token"],
    Meta(description="Whether all calls count, those to one API, or those with one token."),
]
_PeriodName = Annotated[
    Literal["day", "week", "month", "total"],
    Meta(
        description="A calendar day, week (from Monday) or month in the budget's time zone, or "
        "`total` for all time."
    ),
]
_TOKEN_ID = "The token, if `type` is `token`."
_API_NAME = "The API, if `type` is `api`."


class BudgetScope(RequestModel, frozen=True, kw_only=True):
    """The calls that count in a budget."""

    type: _ScopeType
    api_name: Annotated[ApiName | None, Meta(description=_API_NAME)] = None
    token_id: Annotated[
        Annotated[str, Meta(max_length=200)] | None, Meta(description=_TOKEN_ID)
    ] = None


class CreateBudget(RequestModel, frozen=True, kw_only=True):
    """The largest amount that calls may cost in each period."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "scope": {"type": "api", "api_name": "openai"},
        "period": "month",
        "amount_usd": 50,
        "time_zone": "Europe/Berlin",
    }

    scope: Annotated[BudgetScope, Meta(description="The calls that count.")]
    period: _PeriodName
    amount_usd: AmountUsd
    time_zone: TimeZoneName = "UTC"


class ChangeBudget(RequestModel, frozen=True, kw_only=True):
    """Changes to a budget, valid from the next request on. What is spent stays."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"amount_usd": "75.50"}

    amount_usd: AmountUsd | UnsetType = UNSET
    time_zone: TimeZoneName | UnsetType = UNSET


class BudgetScopeView(ResponseModel, frozen=True, kw_only=True):
    """The calls that count in a budget."""

    type: _ScopeType
    api_name: Annotated[str | None, Meta(description=_API_NAME)]
    token_id: Annotated[str | None, Meta(description=_TOKEN_ID)]
    name: Annotated[str | None, Meta(description="The token's name, if `type` is `token`.")]


class LastMonth(ResponseModel, frozen=True, kw_only=True):
    """What the budget would have rejected in the last 30 days."""

    rejected_calls: Annotated[
        int, Meta(description="The estimated number of calls beyond the amount.")
    ]
    rejected_usd: Annotated[Usd, Meta(description="The cost beyond the amount, in US dollars.")]
    basis: Annotated[str, Meta(description="How it is calculated, in words.")]


class BudgetView(ResponseModel, frozen=True, kw_only=True):
    """A budget and its current period."""

    budget_id: Annotated[str, Meta(description="The budget's identifier.")]
    scope: Annotated[BudgetScopeView, Meta(description="The calls that count.")]
    period: _PeriodName
    amount_usd: Annotated[Usd, Meta(description="The amount in US dollars for each period.")]
    time_zone: Annotated[str, Meta(description="The time zone in which periods begin.")]
    spent_usd: Annotated[
        Usd, Meta(description="What finished calls of this period cost, in US dollars.")
    ]
    reserved_usd: Annotated[
        Usd, Meta(description="What is reserved for calls in progress, in US dollars.")
    ]
    remaining_usd: Annotated[
        Usd, Meta(description="What is left in this period, in US dollars. Never negative.")
    ]
    starts_at: Annotated[int, Meta(description="When the period began, in epoch seconds.")]
    reset_at: Annotated[
        int | None,
        Meta(description="When the next period begins, in epoch seconds. Null for `total`."),
    ]
    percent: Annotated[
        int, Meta(description="The spent part of the amount in percent, rounded down.")
    ]
    warned: Annotated[
        Literal[0, 50, 80, 100],
        Meta(description="The highest threshold in percent that was reached in this period."),
    ]
    last_month: Annotated[
        LastMonth | None,
        Meta(
            description="What this amount would have rejected in the last 30 days. Null without "
            "records."
        ),
    ]
    unpriced_apis: Annotated[
        list[str],
        Meta(
            description="APIs whose calls the budget does not count or reject, because none of "
            "their prices is known."
        ),
    ]


class BudgetViews(ResponseModel, frozen=True, kw_only=True):
    """All budgets of the account."""

    items: Annotated[list[BudgetView], Meta(description="The budgets, at most 200.")]
