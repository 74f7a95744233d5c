"""`api-dashboard version`: the versions of the command line and of the server."""

from __future__ import annotations

import click

from api import __version__
from api.cli.output import note, print_json
from api.cli.parsing import CliCommand, json_option, server_option


@click.command("version", cls=CliCommand)
@server_option
@json_option
def command(server: str | None, as_json: bool) -> None:
    """Show the versions of the command line and of the server.

    \b
    Examples:
      api-dashboard version
      api-dashboard version --json
    """
    from api.cli.errors import CliError

    found: dict[str, str | None] = {"client": __version__, "server": None, "url": None}
    reason = None
    try:
        found["url"], found["server"] = _server_version(server)
    except CliError as error:
        reason = error.message
    if as_json:
        print_json(found)
        return
    click.echo(f"api-dashboard {__version__}")
    if reason is None:
        click.echo(f"server {found['server']} at {found['url']}")
    else:
        note(f"The server's version is unknown. {reason}")


def _server_version(server: str | None) -> tuple[str, str]:
    """Return the URL of the chosen server and its version. Raises CliError."""
    from api.cli.logins import find_server

    url, ca_file = find_server(server, needs_login=True)

    from api.cli.http import open_http, send

    transport = open_http(url, ca_file)
    return url, str(send(transport, "GET", "/api/status")["version"])
