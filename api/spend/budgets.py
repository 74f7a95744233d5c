"""Budgets: what the calls of a token, an API or the account may cost in a period."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from api.spend.usage import Bound

Period = Literal["day", "week", "month", "total"]
"""A calendar day, week (from Monday) or month in the budget's time zone, or all time."""


class Budget(msgspec.Struct, frozen=True, omit_defaults=True):
    """A budget of `amount` nano-dollars in each period.

    `scope` is `account`, `api:{api_name}` or `token:{token_id}`. `time_zone` is an IANA name.
    A scope has at most one budget for each period.
    """

    scope: str = msgspec.field(name="s")
    period: Period = msgspec.field(name="p")
    amount: int = msgspec.field(name="a")
    time_zone: str = msgspec.field(name="z", default="UTC")

    @property
    def budget_id(self) -> str:
        """The id in the web API: scope and period."""
        return f"{self.scope}:{self.period}"


class ApiSpend(msgspec.Struct, frozen=True, omit_defaults=True):
    """The part of an API's pool that concerns spend.

    `budgets` are those of the account and of the API. `account_revision` is the revision of the
    account's budgets that they contain. `prices_revision` counts changes of the user's own prices
    and settings for this API (0: there are none), which have an item of their own.
    """

    budgets: tuple[Budget, ...] = msgspec.field(name="b", default=())
    account_revision: int = msgspec.field(name="r", default=0)
    prices_revision: int = msgspec.field(name="o", default=0)


NO_SPEND = ApiSpend()


class ApiPricing(msgspec.Struct, frozen=True):
    """What determines and limits the cost of an API's calls, as read with its pool.

    `provider` is a slug of the catalogue, empty if it is the API's name or not known.
    """

    api_name: str
    provider: str
    base_url: str
    spend: ApiSpend = NO_SPEND


class CallBounds(Protocol):
    """What a call can cost. Asked only if a budget applies to the call."""

    def bound(self, pricing: ApiPricing) -> Bound:
        """Return the most that the call can cost."""

    def refuses_unbounded(self, pricing: ApiPricing) -> bool:
        """Return whether the user wants calls refused whose bound is not certain."""
