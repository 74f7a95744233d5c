"""`api-dashboard logout`: end the session on the server and delete it here."""

from __future__ import annotations

import click

from api.cli.output import note
from api.cli.parsing import CliCommand, server_option


@click.command("logout", cls=CliCommand)
@server_option
def command(server: str | None) -> None:
    """End the session on the server, and delete the saved login.

    \b
    Examples:
      api-dashboard logout
      api-dashboard logout --server https://d1234abcd.cloudfront.net
    """
    from api.cli.client import end_on_server
    from api.cli.errors import CliError
    from api.cli.http import open_http
    from api.cli.logins import LoginStore
    from api.cli.places import config_folder, default_server

    store = LoginStore(config_folder())
    login = store.choose(server or default_server())
    failure: CliError | None = None
    with store.locked(login):
        current = store.read(login) or login
        try:
            transport = open_http(login.url, login.ca_file)
            end_on_server(transport, current)
        except CliError as error:
            failure = error
        store.remove(login)
    if failure is not None:
        raise CliError(
            "The login was deleted here, but its session has not ended on the server. "
            f"{failure.message} Then end the session under Account in the dashboard.",
            failure.exit_code,
        )
    note(f"Signed out at {login.url}.")
