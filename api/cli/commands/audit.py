"""`api-dashboard audit`: who did what, from where, and with which outcome."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import click

from api.cli.durations import moment_value
from api.cli.errors import USAGE, CliError
from api.cli.output import note, print_json, print_table
from api.cli.parsing import CliCommand, json_option, naming_options, server_option

if TYPE_CHECKING:
    from api.cli.client import ApiClient

_MOST = 1000


@click.command("audit", cls=CliCommand)
@click.option("--action", help="Only this action, such as key.update, or a group, such as key.")
@click.option(
    "--outcome",
    type=click.Choice(["started", "succeeded", "failed"]),
    help="Only actions with this outcome.",
)
@click.option("--source", metavar="ADDRESS", help="Only from this address or network.")
@click.option(
    "--since", metavar="TIME", callback=moment_value, help="From a date (UTC), or so long ago (7d)."
)
@click.option("--until", metavar="TIME", callback=moment_value, help="Until then.")
@click.option(
    "--installation",
    is_flag=True,
    help="Commands of the operator, such as backups, in place of your account.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, _MOST),
    default=50,
    show_default=True,
    help="The most entries, newest first.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with all entries, at most 10,000.")
@server_option
@json_option
def command(
    action: str | None,
    outcome: str | None,
    source: str | None,
    since: int | None,
    until: int | None,
    installation: bool,
    limit: int,
    as_csv: bool,
    server: str | None,
    as_json: bool,
) -> None:
    """Show who did what, from where, and with which outcome.

    \b
    Examples:
      api-dashboard audit
      api-dashboard audit --action session. --outcome failed --since 7d
      api-dashboard audit --source 203.0.113.7 --json
      api-dashboard audit --since 2026-11-01 --until 2026-12-01 --csv > november.csv
    """
    if as_csv and as_json:
        raise CliError("--csv: leave out --json.", USAGE)
    from api.cli.client import connect

    query = {
        "action": action,
        "outcome": outcome,
        "source": source,
        "since": since,
        "until": until,
        "scope": "installation" if installation else None,
    }
    with (
        connect(server) as client,
        naming_options(
            action="--action", outcome="--outcome", source="--source", since="--since",
            until="--until",
        ),
    ):  # fmt: skip
        if as_csv:
            click.echo(client.text("/api/audit.csv", query, "text/csv"), nl=False)
            return
        entries = _entries(client, query, limit)
    if as_json:
        print_json({"items": entries})
    elif not entries:
        note("There is no such entry.")
    else:
        print_table(
            ["TIME (UTC)", "ACTION", "OUTCOME", "SUBJECT", "FROM", "CLIENT"],
            [_row(entry) for entry in entries],
        )


def _entries(client: ApiClient, query: dict[str, Any], limit: int) -> list[Any]:
    """Return the newest entries, page by page: a page can have fewer than were asked for."""
    entries: list[Any] = []
    cursor = None
    while len(entries) < limit:
        asked = {**query, "limit": limit - len(entries), "cursor": cursor}
        page = client.call("GET", "/api/audit", query=asked)
        entries += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    return entries


def _row(entry: dict[str, Any]) -> list[str]:
    subject = entry["subject"]
    named = "-" if subject is None else subject["name"] or subject["id"] or subject["type"]
    outcome = entry["outcome"] if entry["code"] is None else f"{entry['outcome']}: {entry['code']}"
    moment = datetime.datetime.fromtimestamp(entry["at"], datetime.UTC)
    return [
        moment.strftime("%Y-%m-%d %H:%M:%S"),
        entry["action"],
        outcome,
        named,
        entry["source"] or "the server",
        entry["client"] or "-",
    ]
