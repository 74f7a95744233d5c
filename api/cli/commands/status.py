"""`api-dashboard status`: the server, requests of a day, spend, quotas, and refused keys."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from api.cli.errors import FAILED, OK
from api.cli.output import dollars, plain, print_json, print_line, print_table
from api.cli.parsing import CliCommand, json_option, server_option
from api.cli.times import ago, until

if TYPE_CHECKING:
    from api.cli.client import ApiClient

DAY = 86_400
# Percent of a budget from which it is shown: the first warning before it is spent.
_NEARLY_SPENT = 80


class Section(NamedTuple):
    """A part of the status: its member in the JSON, how it is read, and how it is shown."""

    name: str
    read: Callable[[ApiClient], Any]
    show: Callable[[Any], None]


@click.command("status", cls=CliCommand)
@server_option
@json_option
def command(server: str | None, as_json: bool) -> int:
    """Show the server, requests of a day, spend, each quota, and refused keys.

    The exit code is 1 if a provider refuses a stored key.

    \b
    Examples:
      api-dashboard status
      api-dashboard status --json
    """
    from api.cli.client import connect

    with connect(server) as client:
        found = {section.name: section.read(client) for section in SECTIONS}
        backups = _read_backups(client.url)
        if backups is not None:
            found["backups"] = backups
    if as_json:
        print_json(found)
    else:
        for section in SECTIONS:
            section.show(found[section.name])
        _show_backups(found.get("backups"))
    return FAILED if found["refused_keys"] else OK


def _read_server(client: ApiClient) -> dict[str, Any]:
    status = client.call("GET", "/api/status")
    profile = client.call("GET", "/api/me")
    return {"url": client.url, "login": client.name, "username": profile["username"], **status}


def _show_server(server: dict[str, Any]) -> None:
    click.echo(f"Server    {server['url']}, version {server['version']}")
    click.echo(f"Account   {server['username']} (login {plain(server['login'])})")


def _read_statistics(client: ApiClient) -> dict[str, Any]:
    statistics: dict[str, Any] = client.call(
        "GET", "/api/stats", query={"start": int(time.time()) - DAY}
    )
    return statistics


def _show_statistics(statistics: dict[str, Any]) -> None:
    totals = statistics["totals"]
    share = f" ({totals['errors'] / totals['requests']:.1%})" if totals["requests"] else ""
    click.echo(
        f"Requests  {totals['requests']:,} in the last 24 hours, {totals['errors']:,} errors{share}"
    )


def _read_spend(client: ApiClient) -> dict[str, Any]:
    spend = client.call("GET", "/api/spend")
    return {
        "today_usd": spend["today_usd"],
        "month_usd": spend["month_usd"],
        "budgets_near_limit": [
            budget
            for budget in client.call("GET", "/api/budgets")["items"]
            if budget["percent"] >= _NEARLY_SPENT or budget["remaining_usd"] <= 0
        ],
    }


def _show_spend(spend: dict[str, Any]) -> None:
    click.echo(
        f"Spend     {dollars(spend['today_usd'])} USD today, "
        f"{dollars(spend['month_usd'])} USD this month"
    )
    for budget in spend["budgets_near_limit"]:
        print_line(
            f"Budget    {plain(budget['budget_id'])}: {dollars(budget['spent_usd'])} of "
            f"{dollars(budget['amount_usd'])} USD is spent ({budget['percent']}%){_reset(budget)}",
            color="red" if budget["remaining_usd"] <= 0 else "yellow",
        )


def _reset(budget: dict[str, Any]) -> str:
    return "" if budget["reset_at"] is None else f", resets {until(budget['reset_at'])}"


def _read_limits(client: ApiClient) -> list[dict[str, Any]]:
    return client.items("/api/rate-limits")


def _show_limits(views: list[dict[str, Any]]) -> None:
    rows = [
        [
            view["api_name"],
            limit["key_id"] or "-",
            limit["name"],
            limit["unit"],
            _number(limit["remaining"]),
            _number(limit["limit"]),
            until(limit["exhausted_until"] or limit["reset_at"]),
        ]
        for view in views
        for limit in view["limits"]
    ]
    print_line("\nQuotas", bold=True)
    if rows:
        print_table(["API", "KEY", "LIMIT", "UNIT", "LEFT", "OF", "RESETS"], rows)
    else:
        click.echo("No provider has reported a quota, and no limit is set.")


def _read_refused(client: ApiClient) -> list[dict[str, Any]]:
    return [key for key in client.items("/api/keys") if _is_refused(key)]


def _is_refused(key: dict[str, Any]) -> bool:
    check = key["check"]
    return key["state"] == "refused" or (check is not None and check["outcome"] == "revoked")


def _show_refused(keys: list[dict[str, Any]]) -> None:
    if not keys:
        return
    print_line("\nRefused keys", bold=True)
    for key in keys:
        since = key["state_since"] or key["check"]["checked_at"]
        print_line(
            f"{key['key_id']} ({plain(key['hint'])}): {key['api_name']} refused it {ago(since)}.",
            color="red",
        )
        add = f"api-dashboard keys add {key['provider'] or key['api_name']}"
        click.echo(f"  Store a new key: {add}")
        click.echo(f"  Then remove this one: api-dashboard keys remove {key['key_id']}")


def _read_backups(url: str) -> dict[str, Any] | None:
    """Return the state of backups by schedule, if the server is on this machine and makes them."""
    from api.cli.server.given_settings import server_environment
    from api.cli.server.options import ServerOptions
    from api.cli.server_url import is_loopback_url
    from api.local.backup_state import read_backup_state

    if not is_loopback_url(url):
        return None
    data = Path(server_environment(ServerOptions())["API_DASHBOARD_DATA"])
    state = read_backup_state(data)
    return None if state is None else state.document()


def _show_backups(state: dict[str, Any] | None) -> None:
    if state is None:
        return
    print_line("\nBackups", bold=True)
    last = "none yet" if state["made_at"] is None else f"{state['backup']}, {ago(state['made_at'])}"
    click.echo(f"Last backup: {plain(last)}")
    if state["failure"]:
        print_line(
            f"Last failure: {ago(state['failed_at'])}: {plain(state['failure'])}", color="red"
        )


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


SECTIONS = (
    Section("server", _read_server, _show_server),
    Section("statistics", _read_statistics, _show_statistics),
    Section("spend", _read_spend, _show_spend),
    Section("rate_limits", _read_limits, _show_limits),
    Section("refused_keys", _read_refused, _show_refused),
)
