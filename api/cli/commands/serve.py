"""`api-dashboard serve`: run the server on this machine."""

from __future__ import annotations

import click

from api.cli.parsing import CliCommand
from api.cli.server.options import ServerOptions, server_options


@click.command("serve", cls=CliCommand)
@server_options
@click.option("--open", "open_browser", is_flag=True, help="Open the dashboard in the browser.")
def command(open_browser: bool, **options: object) -> int:
    """Run the server on this machine, until Ctrl+C or SIGTERM.

    `api-dashboard` without a command does the same. README.md lists the environment variables for
    all settings. Options override them.

    \b
    Examples:
      api-dashboard serve --open
      api-dashboard serve --port 8500 --data ~/other-data
    """
    from api.cli.server.reporting import report_failures

    return report_failures(lambda: _serve(ServerOptions(**options), open_browser))  # type: ignore[arg-type]


def _serve(options: ServerOptions, open_browser: bool) -> int:
    from api.cli.server.serving import run_server

    return run_server(options, open_browser=open_browser)
