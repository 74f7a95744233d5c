"""`api-dashboard backup`: write everything to one encrypted file, or check such a file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from api.cli.operations.options import place_options
from api.cli.operations.running import (
    ProgressLine,
    open_chosen,
    reported,
    session_of,
    size_text,
    yield_to_others,
)
from api.cli.output import note, print_json, print_line
from api.cli.parsing import CliCommand, json_option
from api.cli.signals import interrupt_on_sigterm
from api.operations.backup_names import file_name
from api.operations.errors import OperationError

if TYPE_CHECKING:
    from api.operations.archive.writer import ArchiveSummary
    from api.operations.places.choose import PlaceOptions

_S3 = "s3://"


class Locking(NamedTuple):
    """The options that say what encrypts or opens a backup."""

    new_key: bool
    recipients: tuple[str, ...]
    passphrase_file: Path | None


@click.command("backup", cls=CliCommand)
@click.argument("target", metavar="FILE|s3://BUCKET/KEY")
@place_options
@click.option(
    "--recovery-key",
    "new_key",
    is_flag=True,
    help="Create a recovery key, encrypt the backup to it, and print it once.",
)
@click.option(
    "--recipient",
    "recipients",
    metavar="apdp_…",
    multiple=True,
    help="Encrypt to the public part of a recovery key. Can be given several times.",
)
@click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File with the passphrase. By default API_DASHBOARD_BACKUP_PASSPHRASE, or a prompt.",
)
@click.option("--replace", is_flag=True, help="Replace the file if it exists.")
@click.option("--verify", is_flag=True, help="Check an existing backup completely, write nothing.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@json_option
def command(
    target: str,
    data: Path | None,
    stack: str | None,
    table: str | None,
    region: str | None,
    profile: str | None,
    project: Path | None,
    new_key: bool,
    recipients: tuple[str, ...],
    passphrase_file: Path | None,
    replace: bool,
    verify: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Write accounts, keys, tokens, limits, budgets and the log to one encrypted file.

    The server can run meanwhile: the backup has everything as it was at one moment. It also has the
    secrets that decrypt the stored keys, so it is all that `restore` needs. FILE may be a folder,
    in which a file with the date is written.

    \b
    Examples:
      api-dashboard backup ~/backups/
      api-dashboard backup --recovery-key dashboard.backup
      api-dashboard backup --stack prod s3://my-bucket/prod.backup
      api-dashboard backup --verify dashboard.backup
    """
    from api.operations.places.choose import PlaceOptions

    place = PlaceOptions(data, stack, table, region, profile, project)
    locking = Locking(new_key, recipients, passphrase_file)
    line = ProgressLine(quiet or as_json)
    with reported():
        try:
            summary = (
                _verify(target, place, locking, line)
                if verify
                else _back_up(target, place, locking, line, replace)
            )
        finally:
            line.end()
    if as_json:
        print_json(summary)
    elif not quiet:
        _print(summary)


def _back_up(
    target: str, options: PlaceOptions, locking: Locking, line: ProgressLine, replace: bool
) -> dict[str, Any]:
    from api.cli.operations.backup_keys import locks_for_backup
    from api.operations.archive.files import open_output
    from api.operations.backup import back_up
    from api.operations.command_record import place_text, recorded, sink_of

    place = open_chosen(options)
    target = _file_in(target)
    locks, made = locks_for_backup(locking.passphrase_file, locking.recipients, locking.new_key)
    yield_to_others()
    interrupt_on_sigterm()
    started = time.monotonic()
    output = open_output(target, session=session_of(place), replace=replace)
    if made is not None:
        # Before the backup exists, so that there is none that nobody can open.
        note(
            "This is the recovery key. Whoever has it can open the backup, and without it nobody "
            "can. It is shown only now: keep it in a safe place, not beside the backup."
        )
        note(made.secret_text)
        note(f"Later backups can use it, too: --recipient {made.public_text}")
    details = {"from": place_text(place), "to": "S3" if target.startswith(_S3) else "file"}
    sinks = [sink_of(place)]
    with recorded("backup.create", details, before=sinks, after=(), warn=note, is_needed=False):
        summary = back_up(
            place,
            output,
            locks,
            lambda size, items: line.show(f"{items:,} items, {size_text(size)}"),
        )
    return _document(target, summary, time.monotonic() - started)


def _verify(
    source: str, options: PlaceOptions, locking: Locking, line: ProgressLine
) -> dict[str, Any]:
    from api.cli.operations.backup_keys import key_for_restore
    from api.operations.archive.files import open_input
    from api.operations.archive.reader import ArchiveReader
    from api.operations.aws.session import open_session
    from api.operations.restore import verified

    session = open_session(options.profile, options.region) if source.startswith(_S3) else None
    started = time.monotonic()
    reader = ArchiveReader(
        open_input(source, session=session),
        key_for_restore(locking.passphrase_file),
        lambda size, items: line.show(f"{items:,} items, {size_text(size)}"),
    )
    return _document(source, verified(reader), time.monotonic() - started)


def _file_in(target: str) -> str:
    """Return the name of the file: if `target` is a folder, a new one in it."""
    if target == "-":
        raise OperationError(
            "A backup is not written to standard output, where a part of it would look whole: "
            "name a file, a folder or s3://BUCKET/KEY."
        )
    if target.startswith(_S3) or not (target.endswith("/") or Path(target).is_dir()):
        return target
    folder = Path(target)
    if not folder.is_dir():
        raise OperationError(f"There is no folder {folder}: create it, or name a file.")
    return str(folder / file_name(time.time()))


def _document(name: str, summary: ArchiveSummary, seconds: float) -> dict[str, Any]:
    import msgspec

    return {
        "file": name,
        "bytes": summary.bytes,
        "sha256": summary.sha256,
        "created_at": summary.created_at.isoformat(),
        "items": msgspec.structs.asdict(summary.counts),
        "seconds": round(seconds, 1),
    }


def _print(document: dict[str, Any]) -> None:
    items = document["items"]
    others = items["budgets"] + items["others"]
    print_line(f"File      {document['file']}")
    print_line(f"Size      {size_text(document['bytes'])}, in {document['seconds']} s")
    print_line(f"SHA-256   {document['sha256']}")
    print_line(f"Created   {document['created_at']}")
    print_line(
        f"Contents  {items['users']:,} accounts, {items['keys']:,} keys, "
        f"{items['tokens']:,} tokens, {items['log_entries']:,} log entries, {others:,} other items"
    )
