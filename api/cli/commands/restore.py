"""`api-dashboard restore`: put a backup into an empty place, or in place of other data."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.operations.options import place_options
from api.cli.operations.running import (
    ProgressLine,
    open_chosen,
    reported,
    session_of,
    size_text,
)
from api.cli.output import note, print_json, print_line
from api.cli.parsing import CliCommand, json_option
from api.cli.signals import interrupt_on_sigterm

if TYPE_CHECKING:
    from api.operations.archive.reader import ArchiveReader
    from api.operations.places.choose import Place
    from api.operations.restore import Restored


@click.command("restore", cls=CliCommand)
@click.argument("source", metavar="FILE|s3://BUCKET/KEY")
@place_options
@click.option(
    "--replace",
    is_flag=True,
    help="Replace the data that is there. The former files of a data folder are kept.",
)
@click.option("--dry-run", is_flag=True, help="Check the backup and the place, write nothing.")
@click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File with the passphrase or the recovery key. By default "
    "API_DASHBOARD_BACKUP_PASSPHRASE, or a prompt.",
)
@json_option
def command(
    source: str,
    data: Path | None,
    stack: str | None,
    table: str | None,
    region: str | None,
    profile: str | None,
    project: Path | None,
    replace: bool,
    dry_run: bool,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """Restore a backup, into an empty place or with --replace over an existing one.

    The whole backup is checked before anything is written. Stop the server of a data folder first.
    The same command goes on where one that was interrupted stopped.

    \b
    Examples:
      api-dashboard restore dashboard.backup
      api-dashboard restore --replace dashboard.backup
      api-dashboard restore --stack prod s3://my-bucket/prod.backup
    """
    from api.operations.places.choose import PlaceOptions

    line = ProgressLine(as_json)
    interrupt_on_sigterm()
    with reported():
        place = open_chosen(PlaceOptions(data, stack, table, region, profile, project))
        try:
            reader = _open(source, place, passphrase_file, line)
            restored = (
                _checked(place, reader, replace=replace)
                if dry_run
                else _restore(source, place, reader, line, replace=replace)
            )
        finally:
            line.end()
    document = _document(place, reader, restored, dry_run)
    if as_json:
        print_json(document)
    else:
        _print(document, dry_run)


def _open(
    source: str, place: Place, passphrase_file: Path | None, line: ProgressLine
) -> ArchiveReader:
    from api.cli.operations.backup_keys import key_for_restore
    from api.operations.archive.files import open_input
    from api.operations.archive.reader import ArchiveReader

    opened = open_input(source, session=session_of(place))
    return ArchiveReader(
        opened,
        key_for_restore(passphrase_file),
        lambda size, items: line.show(f"Checked {size_text(size)} of {size_text(opened.size)}"),
    )


def _checked(place: Place, reader: ArchiveReader, *, replace: bool) -> Restored:
    """Check what a restore would need, and write nothing."""
    from api.operations.restore import Restored, not_empty, verified

    summary = verified(reader)
    if not replace and not place.is_empty():
        raise not_empty(place.name)
    return Restored(summary)


def _restore(
    source: str, place: Place, reader: ArchiveReader, line: ProgressLine, *, replace: bool
) -> Restored:
    """Restore the backup, with an entry in the audit log of the place."""
    from api.operations.command_record import place_text, recorded, sink_of
    from api.operations.places.folder import FolderPlace

    def report(doing: str, done: int, total: int) -> None:
        line.show(f"{doing} {done:,} of {total:,} items")

    details = {
        "from": "S3" if source.startswith("s3://") else "file",
        "to": place_text(place),
        "replace": "yes" if replace else "no",
    }
    sinks = [sink_of(place)]
    recording = recorded("backup.restore", details, before=sinks, after=(), warn=note)
    if isinstance(place, FolderPlace):
        from api.operations.restore_folder import restore_to_folder

        return restore_to_folder(place, reader, report, replace=replace, recording=recording)
    from api.operations.aws.target_secrets import taker_of
    from api.operations.restore_table import restore_to_table

    taker = taker_of(place)
    return restore_to_table(place, reader, report, taker, replace=replace, recording=recording)


def _document(
    place: Place, reader: ArchiveReader, restored: Restored, dry_run: bool
) -> dict[str, Any]:
    import msgspec

    from api.operations.places.folder import FolderPlace

    return {
        "place": place.name,
        "data": str(place.path) if isinstance(place, FolderPlace) else None,
        "restored": not dry_run,
        "source": reader.about.source,
        "created_at": restored.summary.created_at.isoformat(),
        "items": msgspec.structs.asdict(restored.summary.counts),
        "replaced": restored.replaced or None,
        "notes": list(restored.notes),
    }


def _print(document: dict[str, Any], dry_run: bool) -> None:
    items = document["items"]
    numbers = (
        f"{items['users']:,} accounts, {items['keys']:,} keys, {items['tokens']:,} tokens and "
        f"{items['log_entries']:,} log entries"
    )
    if dry_run:
        print_line(
            f"The backup of {document['source']} from {document['created_at']} is complete: "
            f"{numbers}. Nothing was written."
        )
        return
    print_line(f"Restored {numbers} to {document['place']}.")
    if document["replaced"]:
        print_line(
            f"The former data is in {document['replaced']}. Remove it when you do not need it."
        )
    for text in document["notes"]:
        note(text)
    if document["data"] is not None:
        print_line(f"Start the server: api-dashboard serve --data {shlex.quote(document['data'])}")
    print_line("Tokens are valid again. Sign in anew where you were signed in.")
