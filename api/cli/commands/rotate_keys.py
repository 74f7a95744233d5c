"""`api-dashboard rotate-keys`: encrypt all stored secrets with the newest key."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from api.cli.errors import FAILED, OK, USAGE, CliError
from api.cli.operations.options import place_options
from api.cli.operations.running import open_chosen, reported
from api.cli.output import note
from api.cli.parsing import CliCommand
from api.cli.server.options import ServerOptions


@click.command("rotate-keys", cls=CliCommand)
@click.option(
    "--accept-lost-keys",
    is_flag=True,
    help="Let the server start although encryption keys are lost. Enter their secrets again.",
)
@place_options
def command(
    accept_lost_keys: bool,
    data: Path | None,
    stack: str | None,
    table: str | None,
    region: str | None,
    profile: str | None,
    project: Path | None,
) -> int:
    """Encrypt all stored secrets with the newest encryption key.

    On one machine, stop the server first. A stack or a table stays in use meanwhile. The command
    can be stopped and started again.
    """
    if stack is None and table is None:
        from api.cli.server.reporting import report_failures

        return report_failures(lambda: _rotate(ServerOptions(data=data), accept_lost_keys))
    if accept_lost_keys:
        raise CliError("--accept-lost-keys is for a data folder: leave it out.", USAGE)
    return _rotate_table(stack, table, region, profile, project)


def _rotate(options: ServerOptions, accept_lost_keys: bool) -> int:
    from api.cli.server.given_settings import server_settings
    from api.cli.server.rotation import rotate_keys

    return rotate_keys(server_settings(options), accept_lost_keys)


def _rotate_table(
    stack: str | None,
    table: str | None,
    region: str | None,
    profile: str | None,
    project: Path | None,
) -> int:
    from api.cli.server.rotation import print_outcome, print_progress
    from api.operations.command_record import place_text, recorded, sink_of
    from api.operations.places.choose import PlaceOptions
    from api.operations.places.table import TablePlace
    from api.operations.stack_rotation import rotate_table

    with reported():
        place = open_chosen(PlaceOptions(None, stack, table, region, profile, project))
        assert isinstance(place, TablePlace)
        details, sinks = {"to": place_text(place)}, [sink_of(place)]
        with recorded("encryption_keys.rotate", details, before=sinks, after=(), warn=note):
            done = rotate_table(place, print_progress)
    print_outcome(done.progress)
    if done.progress.unreadable:
        return FAILED
    if done.keys > 1:
        title = "No secret needs the older keys now. Remove them:"
    else:
        title = "There is one encryption key. Add a new one, then run this command again:"
    print(title, *done.next_commands, sep="\n  ", file=sys.stderr)
    return OK
