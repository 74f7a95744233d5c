"""`api-dashboard budgets`: list, set and remove budgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from api.cli.errors import ProblemError
from api.cli.output import dollars, note, plain, print_json, print_table
from api.cli.parsing import CliGroup, json_option, naming_options, server_option
from api.cli.times import until

if TYPE_CHECKING:
    from api.cli.client import ApiClient

PERIODS = ("day", "week", "month", "total")


@click.group("budgets", cls=CliGroup)
def command() -> None:
    """List, set and remove budgets: the most that calls may cost.

    \b
    Examples:
      api-dashboard budgets set 5 --period day --token laptop
      api-dashboard budgets list
      api-dashboard budgets remove account:month
    """


@command.command("list")
@server_option
@json_option
def _list(server: str | None, as_json: bool) -> None:
    """List the budgets with what is spent in their current periods.

    \b
    Examples:
      api-dashboard budgets list
      api-dashboard budgets list --json
    """
    from api.cli.client import connect

    with connect(server) as client:
        budgets = client.call("GET", "/api/budgets")["items"]
    if as_json:
        print_json({"items": budgets})
    elif not budgets:
        note("There is no budget: run `api-dashboard budgets set 5 --period day`.")
    else:
        print_table(
            ["FOR", "PERIOD", "BUDGET", "SPENT", "RESERVED", "LEFT", "RESETS", "ID"],
            [
                [
                    _scope(budget),
                    budget["period"],
                    *(
                        dollars(budget[f"{name}_usd"])
                        for name in ("amount", "spent", "reserved", "remaining")
                    ),
                    "never" if budget["reset_at"] is None else until(budget["reset_at"]),
                    budget["budget_id"],
                ]
                for budget in budgets
            ],
        )
        _note_unpriced(budgets)


@command.command("set")
@click.argument("amount", metavar="AMOUNT")
@click.option(
    "--period",
    type=click.Choice(PERIODS),
    required=True,
    help="A calendar day, week or month, or total for all time.",
)
@click.option("--api", metavar="NAME", help="Only calls to this API.")
@click.option("--token", metavar="NAME|ID", help="Only calls with this token.")
@click.option(
    "--time-zone",
    metavar="ZONE",
    help="The time zone in which periods begin, such as Europe/Berlin. A new budget has UTC.",
)
@server_option
@json_option
def _set(
    amount: str,
    period: str,
    api: str | None,
    token: str | None,
    time_zone: str | None,
    server: str | None,
    as_json: bool,
) -> None:
    """Set a budget of AMOUNT US dollars, from the next call on.

    Without --api and --token, it is for all calls of the account. A budget of the same kind is
    changed, and what is spent stays.

    \b
    Examples:
      api-dashboard budgets set 100 --period month
      api-dashboard budgets set 50 --period month --api openai --time-zone Europe/Berlin
      api-dashboard budgets set 0.50 --period day --token laptop
    """
    from api.cli.client import connect

    if api is not None and token is not None:
        raise click.UsageError("Give --api or --token, not both.")
    changes = {"amount_usd": amount} | ({"time_zone": time_zone} if time_zone else {})
    with (
        connect(server) as client,
        naming_options(amount_usd="AMOUNT", time_zone="--time-zone", scope="--api"),
    ):
        scope = _wanted_scope(client, api, token)
        try:
            body = {"scope": scope, "period": period, **changes}
            budget = client.call("POST", "/api/budgets", body)
        except ProblemError as error:
            if error.code != "budget_exists":
                raise
            target = "/api/budgets/" + ":".join([*scope.values(), period])
            budget = client.call("PATCH", target, changes)
    if as_json:
        print_json(budget)
    else:
        note(
            f"The budget {budget['budget_id']} is {dollars(budget['amount_usd'])} USD. "
            f"{dollars(budget['spent_usd'])} USD is spent, "
            f"{dollars(budget['remaining_usd'])} USD is left."
        )
        _note_unpriced([budget])


@command.command("remove")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@server_option
def _remove(ids: tuple[str, ...], server: str | None) -> None:
    """Remove budgets by their ids, which `budgets list` shows.

    \b
    Example:
      api-dashboard budgets remove account:month api:openai:day
    """
    from api.cli.client import connect
    from api.cli.matching import find_one

    with connect(server) as client:
        budgets = client.call("GET", "/api/budgets")["items"]
        chosen = [
            find_one(
                budgets, each, "budget_id", "budget_id", "budget", "api-dashboard budgets list"
            )
            for each in dict.fromkeys(ids)
        ]
        for budget in chosen:
            client.call("DELETE", f"/api/budgets/{budget['budget_id']}")
            note(f"Removed the budget {budget['budget_id']}.")


def _note_unpriced(budgets: list[dict[str, Any]]) -> None:
    """Say which APIs no budget can count."""
    # A server of an earlier version does not say it.
    names = sorted({name for budget in budgets for name in budget.get("unpriced_apis", ())})
    if names:
        note(
            f"Without a price, calls are not counted or rejected: {', '.join(names)}. "
            "Set prices on the page “Spend”, or with PUT /api/prices/{api_name}."
        )


def _wanted_scope(client: ApiClient, api: str | None, token: str | None) -> dict[str, str]:
    from api.cli.apis import require_apis
    from api.cli.matching import find_one

    if api is not None:
        require_apis(client, [api])
        return {"type": "api", "api_name": api}
    if token is None:
        return {"type": "account"}
    tokens = client.items("/api/tokens")
    found = find_one(tokens, token, "token_id", "name", "token", "api-dashboard tokens list")
    return {"type": "token", "token_id": found["token_id"]}


def _scope(budget: dict[str, Any]) -> str:
    scope = budget["scope"]
    if scope["type"] == "account":
        return "all calls"
    return f"{scope['type']} {plain(scope['api_name'] or scope['name'] or scope['token_id'])}"
