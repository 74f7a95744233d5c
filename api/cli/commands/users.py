"""`api-dashboard users`: commands of the operator for accounts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.errors import CliError
from api.cli.operations.options import place_options
from api.cli.operations.running import open_chosen, reported, settings_for
from api.cli.output import note
from api.cli.parsing import CliGroup, yes_option
from api.cli.prompts import confirm

if TYPE_CHECKING:
    from api.operations.factor_reset import FactorReset
    from api.operations.places.choose import PlaceOptions


@click.group("users", cls=CliGroup)
def command() -> None:
    """Help people who cannot sign in. For the operator of an installation.

    \b
    Examples:
      api-dashboard users reset-second-factor ada
      api-dashboard users reset-second-factor ada --stack prod
    """


@command.command("reset-second-factor")
@click.argument("username")
@yes_option
@place_options
def _reset(
    username: str,
    yes: bool,
    data: Path | None,
    stack: str | None,
    table: str | None,
    region: str | None,
    profile: str | None,
    project: Path | None,
) -> None:
    """Remove all passkeys, the authenticator app and the recovery codes of an account.

    For somebody who has lost all of them. Make sure that it is really them who asks. The password
    stays: with it alone, they sign in and set up a second factor again. Their sessions end, their
    tokens stay valid. The command is in the audit log of the account and of the installation.

    On one machine, stop the server first. A stack or a table stays in use meanwhile.

    \b
    Examples:
      api-dashboard users reset-second-factor ada
      api-dashboard users reset-second-factor ada --stack prod
      api-dashboard users reset-second-factor ada --table api-dashboard --region us-east-2
    """
    from api.operations.places.choose import PlaceOptions

    if not yes and not confirm("Remove the second factor? The password alone signs in afterwards"):
        raise CliError("Nothing was changed.")
    with reported():
        if stack is None and table is None:
            done = _in_folder(username, data)
        else:
            options = PlaceOptions(None, stack, table, region, profile, project)
            done = _in_table(username, options)
    removed = [f"{len(done.factors.passkeys)} passkeys"] if done.factors.passkeys else []
    removed += ["the authenticator app"] if done.factors.totp else []
    removed += ["the recovery codes"]
    note(
        f"Removed {', '.join(removed)} of {done.username}, and ended all sessions. The password "
        "alone signs in until there is a new second factor."
    )


def _in_folder(username: str, data: Path | None) -> FactorReset:
    from api.cli.server.table import open_table
    from api.local.bootstrap import bootstrap
    from api.operations.command_record import table_sink
    from api.operations.factor_reset import reset_second_factor
    from api.wiring import build_storage

    with bootstrap(settings_for(data), open_table) as settings:
        storage = build_storage(settings)
        days = settings.audit_days
        sinks = (table_sink(storage.table, days),)
        return reset_second_factor(storage, username, sinks, days, "data folder", note)


def _in_table(username: str, options: PlaceOptions) -> FactorReset:
    from api.errors import StorageError
    from api.operations.command_record import place_text, sink_of
    from api.operations.errors import OperationError
    from api.operations.factor_reset import reset_second_factor
    from api.operations.places.table import TablePlace
    from api.operations.table_storage import storage_of_table
    from api.storage.audit import MAX_AUDIT_DAYS

    place = open_chosen(options)
    assert isinstance(place, TablePlace)
    try:
        storage = storage_of_table(place)
        return reset_second_factor(
            storage, username, (sink_of(place),), MAX_AUDIT_DAYS, place_text(place), note
        )
    except StorageError as error:
        raise OperationError(f"{place.name} cannot be used ({error}): try again.") from error
