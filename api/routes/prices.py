"""The endpoints of prices (`/api/prices`)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from api.endpoint import EndpointGroup, RequestContext
from api.schemas.prices import ModelPrices, PricesOverview, PricesView, SetPrices

group = EndpointGroup("Spend")


class ModelsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The models to list."""

    search: Annotated[
        str, Meta(max_length=100, description="Only models whose name contains this text.")
    ] = ""


@group.endpoint("GET", "/api/prices", "List which APIs have prices", response=PricesOverview)
def list_prices(context: RequestContext) -> PricesOverview:
    """Return the date of the built-in prices, and which APIs have prices."""
    return context.services.prices.overview(context.username)


@group.endpoint(
    "GET", "/api/prices/{api_name}", "Read the prices of an API", response=PricesView,
    problems=("unknown_api",),
)  # fmt: skip
def read_prices(context: RequestContext, api_name: str) -> PricesView:
    """Return the user's own prices and settings of an API."""
    return context.services.prices.get(context.username, api_name)


@group.endpoint(
    "PUT", "/api/prices/{api_name}", "Set the prices of an API", body=SetPrices,
    response=PricesView, problems=("unknown_api", "conflict"), audit="prices.update",
)  # fmt: skip
def set_prices(context: RequestContext, api_name: str, body: SetPrices) -> PricesView:
    """Replace the user's own prices and settings of an API, from the next request on."""
    return context.services.prices.set(context.username, api_name, body)


@group.endpoint(
    "DELETE", "/api/prices/{api_name}", "Remove your own prices of an API", status=204,
    problems=("unknown_api", "prices_not_found", "conflict"), audit="prices.delete",
)  # fmt: skip
def delete_prices(context: RequestContext, api_name: str) -> None:
    """Remove the user's own prices and settings of an API. The built-in prices apply again."""
    context.services.prices.delete(context.username, api_name)


@group.endpoint(
    "GET", "/api/prices/{api_name}/models", "List the prices of an API's models",
    query=ModelsQuery, response=ModelPrices, problems=("unknown_api",),
)  # fmt: skip
def list_model_prices(context: RequestContext, api_name: str, query: ModelsQuery) -> ModelPrices:
    """Return the prices that apply to an API's models, at most 1,000, the user's own first."""
    return context.services.prices.models(context.username, api_name, query.search)
