"""`api-dashboard reopen`: use an installation again that a move has closed."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.operations.options import aws_options
from api.cli.operations.running import reported, settings_for
from api.cli.output import note, print_line
from api.cli.parsing import CliCommand


@click.command("reopen", cls=CliCommand)
@click.argument("place", metavar="PLACE")
@aws_options
def command(place: str, region: str | None, profile: str | None, project: Path | None) -> None:
    """Open an installation for writes again that `move` has closed.

    PLACE is stack:NAME or the path of a data folder. What was stored at the other place since the
    move is not there.
    """
    from api.operations.command_record import place_text, recorded, sink_of
    from api.operations.move_sources import source_end
    from api.operations.places.choose import PlaceOptions, parse_place

    with reported():
        options = PlaceOptions(region=region, profile=profile, project=project)
        end = source_end(parse_place(place, options, settings_for))
        details, sinks = {"to": place_text(end.place)}, [sink_of(end.place)]
        with recorded("installation.reopen", details, before=sinks, after=(), warn=note):
            end.reopen()
    print_line(f"{end.place.name} is open again.")
