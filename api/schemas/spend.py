"""Response models of spend: what calls cost."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from api.schemas.fields import ApiSlug, ResponseModel, Usd

_Calls = Annotated[int, Meta(description="All calls, also those without a price.")]
_UnknownCalls = Annotated[
    int,
    Meta(description="The calls to priced APIs whose cost is not known. No amount contains them."),
]
_EstimatedUsd = Annotated[
    Usd, Meta(description="The part of the cost that is estimated, in US dollars.")
]
_CostUsd = Annotated[Usd, Meta(description="The known cost in US dollars.")]
_CostOrNone = Annotated[
    Usd | None, Meta(description="The known cost in US dollars. Null if no call has a known cost.")
]


class Forecast(ResponseModel, frozen=True, kw_only=True):
    """What the whole month will probably cost."""

    amount_usd: Annotated[Usd, Meta(description="The forecast in US dollars.")]
    basis: Annotated[str, Meta(description="How it is calculated, in words.")]
    days: Annotated[int, Meta(description="The number of complete days in the daily average.")]


class ApiCost(ResponseModel, frozen=True, kw_only=True):
    """What the calls to one API cost."""

    api_name: ApiSlug
    cost_usd: _CostOrNone
    estimated_usd: _EstimatedUsd
    calls: _Calls
    unknown_calls: _UnknownCalls
    is_priced: Annotated[
        bool, Meta(description="Whether a price for this API's calls is known at present.")
    ]


class TokenCost(ResponseModel, frozen=True, kw_only=True):
    """What the calls with one token cost."""

    token_id: Annotated[
        str | None, Meta(description="The token. Null for calls with an access token.")
    ]
    name: Annotated[
        str | None, Meta(description="The token's name. Null if the token no longer exists.")
    ]
    cost_usd: _CostUsd
    unknown_calls: _UnknownCalls


class ModelCost(ResponseModel, frozen=True, kw_only=True):
    """What the calls to one model cost."""

    api_name: ApiSlug
    model: Annotated[
        str | None,
        Meta(
            description="The model. Null for calls that name none. `other` for the rest of an hour "
            "with many models."
        ),
    ]
    cost_usd: _CostOrNone
    unknown_calls: _UnknownCalls


class SpendPoint(ResponseModel, frozen=True, kw_only=True):
    """What the calls to one API cost on one day."""

    date: Annotated[str, Meta(description="The day in the time zone, as `YYYY-MM-DD`.")]
    api_name: ApiSlug
    cost_usd: _CostUsd


class HostingCost(ResponseModel, frozen=True, kw_only=True):
    """What this installation itself costs on AWS, estimated."""

    month_usd: Annotated[Usd, Meta(description="The estimate of this month, in US dollars.")]
    basis: Annotated[str, Meta(description="How it is estimated, in words.")]


class Spend(ResponseModel, frozen=True, kw_only=True):
    """What calls cost from `start` to `end`, and today and this month."""

    time_zone: Annotated[str, Meta(description="The time zone in which days begin.")]
    start: Annotated[str, Meta(description="The first day, as `YYYY-MM-DD`.")]
    end: Annotated[str, Meta(description="The last day, as `YYYY-MM-DD`.")]
    total_usd: Annotated[Usd, Meta(description="The known cost of these days in US dollars.")]
    estimated_usd: _EstimatedUsd
    unknown_calls: _UnknownCalls
    today_usd: Annotated[Usd, Meta(description="The known cost of today in US dollars.")]
    month_usd: Annotated[Usd, Meta(description="The known cost of this month in US dollars.")]
    forecast: Annotated[
        Forecast | None,
        Meta(description="The forecast for this month. Null without a complete day of data."),
    ]
    apis: Annotated[list[ApiCost], Meta(description="The cost by API.")]
    tokens: Annotated[list[TokenCost], Meta(description="The cost by token, the highest first.")]
    models: Annotated[list[ModelCost], Meta(description="The cost by model, the highest first.")]
    series: Annotated[list[SpendPoint], Meta(description="The cost by day and API, oldest first.")]
    hosting: Annotated[
        HostingCost | None,
        Meta(description="What this installation costs on AWS. Null on one machine."),
    ]
