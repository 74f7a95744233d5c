"""`api-dashboard recovery-key`: create a recovery key for backups."""

from __future__ import annotations

import click

from api.cli.output import print_json, print_line
from api.cli.parsing import CliCommand, json_option


@click.command("recovery-key", cls=CliCommand)
@json_option
def command(as_json: bool) -> None:
    """Create a recovery key and print it. It is stored nowhere.

    The public part encrypts backups and can be in settings: --recipient of `backup`, and
    API_DASHBOARD_BACKUP_RECIPIENT for backups by schedule. Only the secret part opens them.
    """
    from api.operations.archive.recovery_keys import new_recovery_key

    key = new_recovery_key()
    if as_json:
        print_json({"secret": key.secret_text, "public": key.public_text})
        return
    print_line(f"Secret  {key.secret_text}")
    print_line(f"Public  {key.public_text}")
    click.echo(
        "Keep the secret part in a safe place, not on this machine: it opens the backups, and "
        "without it nobody can.",
        err=True,
    )
