"""`api-dashboard notifications`: list targets, and send a test to one."""

from __future__ import annotations

from typing import Any

import click

from api.cli.errors import CliError
from api.cli.output import note, plain, print_json, print_table
from api.cli.parsing import CliGroup, json_option, server_option
from api.cli.times import ago


@click.group("notifications", cls=CliGroup)
def command() -> None:
    """List the targets of notifications, and test them. The dashboard creates them.

    \b
    Examples:
      api-dashboard notifications list
      api-dashboard notifications test "On call"
    """


@command.command("list")
@server_option
@json_option
def _list(server: str | None, as_json: bool) -> None:
    """List the targets with their last delivery.

    \b
    Examples:
      api-dashboard notifications list
      api-dashboard notifications list --json
    """
    from api.cli.client import connect

    with connect(server) as client:
        targets = client.call("GET", "/api/notifications/targets")["items"]
    if as_json:
        print_json({"items": targets})
    elif not targets:
        note("There is no target: create one on the page Notifications.")
    else:
        print_table(
            ["NAME", "KIND", "ADDRESS", "EVENTS", "LAST DELIVERY", "ID"],
            [
                [
                    target["name"],
                    target["kind"] if target["enabled"] else f"{target['kind']} (off)",
                    target["address"],
                    ",".join(target["events"]) or "none",
                    _last(target["last_delivery"]),
                    target["target_id"],
                ]
                for target in targets
            ],
        )


@command.command("test")
@click.argument("name", metavar="NAME|ID")
@server_option
@json_option
def _test(name: str, server: str | None, as_json: bool) -> None:
    """Send a test to a target now. Fails if the target does not accept it.

    \b
    Examples:
      api-dashboard notifications test "On call"
    """
    from api.cli.client import connect
    from api.cli.matching import find_one

    with connect(server) as client:
        targets = client.call("GET", "/api/notifications/targets")["items"]
        target = find_one(
            targets, name, "target_id", "name", "target", "api-dashboard notifications list"
        )
        result = client.call("POST", f"/api/notifications/targets/{target['target_id']}/test")
    if as_json:
        print_json(result)
    if not result["delivered"]:
        raise CliError(
            f"{plain(target['name'])} did not accept the test: {plain(result['detail'])}"
        )
    if not as_json:
        note(f"{plain(target['name'])} accepted the test. {plain(result['detail'])}")


def _last(delivery: dict[str, Any] | None) -> str:
    if delivery is None:
        return "never"
    return ago(delivery["at"]) if delivery["delivered"] else f"failed {ago(delivery['at'])}"
