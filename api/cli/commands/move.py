"""`api-dashboard move`: move everything to another machine, stack or region."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from api.cli.errors import CliError
from api.cli.operations.options import aws_options
from api.cli.operations.running import ProgressLine, reported, settings_for
from api.cli.output import note, print_json, print_line
from api.cli.parsing import CliCommand, json_option

_WAIT = 60.0  # seconds


@click.command("move", cls=CliCommand)
@click.option("--from", "source", metavar="PLACE", required=True, help="Where the data is.")
@click.option("--to", "target", metavar="PLACE", required=True, help="An empty place for it.")
@click.option("--dry-run", is_flag=True, help="Check both places and count, change nothing.")
@click.option(
    "--wait",
    type=click.FloatRange(0, 3600),
    help="Seconds that calls in progress of a stack get to end. By default 60.",
)
@click.option(
    "--writes-are-stopped",
    is_flag=True,
    help="Confirm that the servers that use a source table are stopped.",
)
@click.option(
    "--to-profile", metavar="NAME", help="Profile of the target, if it is another account."
)
@aws_options
@json_option
def command(
    source: str,
    target: str,
    dry_run: bool,
    wait: float | None,
    writes_are_stopped: bool,
    to_profile: str | None,
    region: str | None,
    profile: str | None,
    project: Path | None,
    as_json: bool,
) -> None:
    """Move every account, key, token, limit, budget and log entry to an empty place.

    PLACE is stack:NAME, table:NAME@REGION or the path of a data folder. Tokens and the ids of keys
    stay valid, only the base URL changes. The source is closed for writes meanwhile, and stays
    closed afterwards until `api-dashboard reopen`. If the command is interrupted, run it again.

    \b
    Examples:
      api-dashboard move --from data --to stack:prod --dry-run
      api-dashboard move --from data --to stack:prod
      api-dashboard move --from stack:prod --to ~/dashboard-data
    """
    from api.operations.command_record import place_text, recorded, sink_of
    from api.operations.move import move, plan_move
    from api.operations.move_sources import TableSource, source_end
    from api.operations.move_targets import target_end
    from api.operations.places.choose import PlaceOptions, parse_place

    line = ProgressLine(as_json)
    with reported():
        here = PlaceOptions(region=region, profile=profile, project=project)
        there = PlaceOptions(region=region, profile=to_profile or profile, project=project)
        start = source_end(parse_place(source, here, settings_for))
        target_place = parse_place(target, there, settings_for)
        end = target_end(target_place)
        if isinstance(start, TableSource) and not (writes_are_stopped or dry_run):
            raise CliError(
                f"This command cannot close {start.place.name} for writes: stop the servers that "
                "use it, then add --writes-are-stopped."
            )
        if wait is None:
            wait = _WAIT if source.startswith("stack:") else 0.0
        try:
            if dry_run:
                plan = plan_move(start, end)
                counts, in_target = plan.counts, plan.in_target
                notes: tuple[str, ...] = ()
                unreadable = 0
            else:
                places = {"from": place_text(start.place), "to": place_text(target_place)}
                with recorded(
                    "installation.move",
                    places,
                    before=[sink_of(start.place)],
                    after=[sink_of(target_place)],
                    warn=note,
                ):
                    moved = move(
                        start,
                        end,
                        lambda doing, done, total: line.show(f"{doing} {done:,} items"),
                        wait=wait,
                    )
                counts, notes, unreadable = moved.counts, moved.notes, moved.unreadable
                in_target = counts
        except KeyboardInterrupt:
            note(
                "The move was interrupted: run the same command again, or use the source as "
                "before and leave the target."
            )
            raise
        finally:
            line.end()
    document = _document(start.place.name, end.address, counts, in_target, dry_run)
    if as_json:
        print_json({**document, "unreadable": unreadable, "notes": list(notes)})
        return
    _print(document, source)
    if unreadable:
        note(f"{unreadable} secrets could not be decrypted: enter them again after the move.")
    for text in notes:
        note(text)


def _document(
    source: str, address: str, counts: Any, in_target: Any, dry_run: bool
) -> dict[str, Any]:
    import msgspec

    return {
        "moved": not dry_run,
        "from": source,
        "to": address,
        "items": msgspec.structs.asdict(counts),
        "items_in_target": msgspec.structs.asdict(in_target),
    }


def _print(document: dict[str, Any], source: str) -> None:
    moved = _numbers(document["items"])
    if not document["moved"]:
        print_line(f"{moved} would move from {document['from']} to {document['to']}.")
        print_line(f"{document['to']} has {_numbers(document['items_in_target'])}.")
        return
    address = document["to"]
    print_line(f"Moved {moved} to {address}.")
    print_line("Tokens are valid there. Change the base URL of your programs and agents.")
    server = f" {address}" if address.startswith("http") else ""
    print_line(f"Sign in anew: api-dashboard login{server}")
    if source.startswith("table:"):
        print_line(f"{document['from']} still has everything: leave its servers stopped.")
        return
    reopen = shlex.join(("api-dashboard", "reopen", source))
    print_line(f"{document['from']} stays closed. `{reopen}` opens it again.")


def _numbers(items: dict[str, int]) -> str:
    others = items["budgets"] + items["others"]
    return (
        f"{items['users']:,} accounts, {items['keys']:,} keys, {items['tokens']:,} tokens, "
        f"{items['log_entries']:,} log entries and {others:,} other items"
    )
