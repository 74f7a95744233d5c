"""Request and response models of prices."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, field

from api.schemas.fields import AmountUsd, ApiSlug, Method, RequestModel, ResponseModel, Usd

_PATH_PREFIX = (
    "The path prefix, below the API, of the calls that the price is for. It ends at a path "
    "segment. Empty means every path."
)
_METHODS = "The HTTP methods that the price is for. Empty means all."
_MODEL = "The model that the price is for, or its beginning followed by `*`. Null means any."
_UNITS = "The prices of what the response counts."
_SOURCE = (
    "Where the count is: `unit` is a unit of the usage that the response reports, `header` a "
    "header field of the response, `json` a field of the JSON response."
)
_NAME = (
    "The unit (`input_tokens`, `output_tokens`, `cache_read_tokens` …), the header field, or the "
    "path of the JSON field, such as `usage.credits`."
)
_UNIT_AMOUNT = "The price of `per` units in US dollars."
_PER = "The number of units that the price is for, such as 1000000."
_PER_CALL = "The price of each call in US dollars."
_FAILURES = "Whether responses with status 400 or higher cost `per_call_usd` too."
_UNBOUNDED = (
    "What happens to a call whose cost has no certain bound, if a budget applies: `count` lets it "
    "pass and counts its cost afterwards, `refuse` rejects it."
)
_DEFAULT_BOUND = (
    "What budgets reserve for a call whose cost has no certain bound, in US dollars. Null means "
    "the built-in default."
)
_INCLUDE_USAGE = (
    "Whether the proxy adds `stream_options.include_usage` to streamed requests that do not have "
    "it, so that the stream reports its usage. Only for callers whose SDK copes with the "
    "additional chunk."
)
_SnapshotDate = Annotated[str, Meta(description="The day of the built-in prices, as `YYYY-MM-DD`.")]
_Unbounded = Annotated[Literal["count", "refuse"], Meta(description=_UNBOUNDED)]
_UnitSource = Annotated[Literal["unit", "header", "json"], Meta(description=_SOURCE)]


class UnitPriceSetting(RequestModel, frozen=True, kw_only=True):
    """The price of what a response counts."""

    source: _UnitSource
    name: Annotated[str, Meta(min_length=1, max_length=1000, description=_NAME)]
    amount_usd: Annotated[AmountUsd, Meta(description=_UNIT_AMOUNT)]
    per: Annotated[int, Meta(ge=1, le=1_000_000_000, description=_PER)] = 1


class PriceRuleSetting(RequestModel, frozen=True, kw_only=True):
    """A price for some calls of an API: a price for each call, plus prices for what it used."""

    path_prefix: Annotated[str, Meta(max_length=512, description=_PATH_PREFIX)] = ""
    methods: Annotated[list[Method], Meta(max_length=7, description=_METHODS)] = field(
        default_factory=list
    )
    model: Annotated[
        Annotated[str, Meta(min_length=1, max_length=201)] | None, Meta(description=_MODEL)
    ] = None
    per_call_usd: Annotated[AmountUsd | None, Meta(description=_PER_CALL)] = None
    units: Annotated[list[UnitPriceSetting], Meta(max_length=20, description=_UNITS)] = field(
        default_factory=list
    )
    failures_cost: Annotated[bool, Meta(description=_FAILURES)] = False


class SetPrices(RequestModel, frozen=True, kw_only=True):
    """The user's own prices and settings for an API. They come before the built-in prices."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "rules": [
            {"path_prefix": "/v1/search", "per_call_usd": "0.005"},
            {
                "model": "gpt-5*",
                "units": [
                    {
                        "source": "unit",
                        "name": "input_tokens",
                        "amount_usd": "1.10",
                        "per": 1_000_000,
                    }
                ],
            },
        ],
        "unbounded": "refuse",
    }

    rules: Annotated[
        list[PriceRuleSetting],
        Meta(
            max_length=50, description="The prices. The most specific that matches a call applies."
        ),
    ] = field(default_factory=list)
    unbounded: _Unbounded = "count"
    default_bound_usd: Annotated[AmountUsd | None, Meta(description=_DEFAULT_BOUND)] = None
    include_usage: Annotated[bool, Meta(description=_INCLUDE_USAGE)] = False


class UnitPriceView(ResponseModel, frozen=True, kw_only=True):
    """The price of what a response counts."""

    source: _UnitSource
    name: Annotated[str, Meta(description=_NAME)]
    amount_usd: Annotated[Usd, Meta(description=_UNIT_AMOUNT)]
    per: Annotated[int, Meta(description=_PER)]


class PriceRuleView(ResponseModel, frozen=True, kw_only=True):
    """A price for some calls of an API: a price for each call, plus prices for what it used."""

    path_prefix: Annotated[str, Meta(description=_PATH_PREFIX)]
    methods: Annotated[list[str], Meta(description=_METHODS)]
    model: Annotated[str | None, Meta(description=_MODEL)]
    per_call_usd: Annotated[Usd | None, Meta(description=_PER_CALL)]
    units: Annotated[list[UnitPriceView], Meta(description=_UNITS)]
    failures_cost: Annotated[bool, Meta(description=_FAILURES)]


class PricesView(ResponseModel, frozen=True, kw_only=True):
    """What an API's calls cost: the user's own prices, and where the built-in ones come from."""

    api_name: ApiSlug
    provider: Annotated[
        str | None,
        Meta(description="The provider whose built-in prices apply. Null if there are none."),
    ]
    snapshot_date: _SnapshotDate
    is_priced: Annotated[bool, Meta(description="Whether any price for the API is known.")]
    is_own: Annotated[bool, Meta(description="Whether the user has own prices or settings.")]
    rules: Annotated[
        list[PriceRuleView],
        Meta(description="The user's prices. The most specific that matches a call applies."),
    ]
    unbounded: _Unbounded
    default_bound_usd: Annotated[Usd | None, Meta(description=_DEFAULT_BOUND)]
    include_usage: Annotated[bool, Meta(description=_INCLUDE_USAGE)]


class PricedApi(ResponseModel, frozen=True, kw_only=True):
    """Whether an API has prices."""

    api_name: ApiSlug
    provider: Annotated[
        str | None,
        Meta(description="The provider whose built-in prices apply. Null if there are none."),
    ]
    is_priced: Annotated[bool, Meta(description="Whether any price for the API is known.")]
    is_own: Annotated[bool, Meta(description="Whether the user has own prices or settings.")]


class PricesOverview(ResponseModel, frozen=True, kw_only=True):
    """Which APIs have prices."""

    snapshot_date: _SnapshotDate
    apis: Annotated[list[PricedApi], Meta(description="The APIs with keys, by name.")]


class ModelPrice(ResponseModel, frozen=True, kw_only=True):
    """A price of one unit of a model that applies to an API's calls."""

    model: Annotated[
        str, Meta(description="The model. For the user's own price, the `model` of its rule.")
    ]
    is_own: Annotated[bool, Meta(description="Whether it is the user's own price.")]
    unit: Annotated[str, Meta(description="The unit, such as `input_tokens`. `calls` for a call.")]
    amount_usd: Annotated[Usd, Meta(description=_UNIT_AMOUNT)]
    per: Annotated[int, Meta(description=_PER)]
    above: Annotated[
        int, Meta(description="The price applies if a call has more input tokens than this.")
    ]


class ModelPrices(ResponseModel, frozen=True, kw_only=True):
    """The models of an API with their prices."""

    api_name: ApiSlug
    snapshot_date: _SnapshotDate
    prices: Annotated[
        list[ModelPrice],
        Meta(description="The prices that match the search, the user's own first."),
    ]
    is_complete: Annotated[bool, Meta(description="Whether all matching prices are listed.")]
