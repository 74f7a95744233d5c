"""`api-dashboard open`: the dashboard in the browser."""

from __future__ import annotations

import click

from api.cli.output import note
from api.cli.parsing import CliCommand, server_option


@click.command("open", cls=CliCommand)
@click.option("--print", "only_print", is_flag=True, help="Only print the address.")
@server_option
def command(only_print: bool, server: str | None) -> None:
    """Open the dashboard in the browser. Without a browser, print its address.

    \b
    Examples:
      api-dashboard open
      api-dashboard open --server work
    """
    from api.cli.http import open_http, send
    from api.cli.logins import find_server
    from api.cli.places import can_open_browser

    url, ca_file = find_server(server)
    if not only_print:
        transport = open_http(url, ca_file)
        send(transport, "GET", "/api/status")
    click.echo(url)
    if only_print:
        return
    if can_open_browser():
        import webbrowser

        if webbrowser.open(url):
            return
    note("No browser could be opened: open the address yourself.")
