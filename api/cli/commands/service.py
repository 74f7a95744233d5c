"""`api-dashboard service`: the server in the background, with systemd or launchd."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from api.cli.errors import FAILED, OK, CliError
from api.cli.output import note, print_json
from api.cli.parsing import CliGroup, json_option
from api.cli.server.options import ServerOptions, server_options

if TYPE_CHECKING:
    from api.cli.service.definition import ServiceManager, ServiceState

# Seconds for the server's first start, which creates its database and secrets.
_START_SECONDS = 30.0
_PAUSE = 0.1


@click.group("service", cls=CliGroup)
def command() -> None:
    """Run the server in the background, with systemd or launchd."""


@command.command("install")
@server_options
def install(**options: object) -> int:
    """Install the server as a service of this user, and start it.

    The service keeps the options and the environment variables of this command as its settings.
    Run the command again to change them. The service restarts a server that fails.

    \b
    Examples:
      api-dashboard service install
      API_DASHBOARD_SIGN_UP=closed api-dashboard service install --port 8500
    """
    from api.cli.server.start_message import browser_url
    from api.cli.service.definition import define
    from api.errors import SettingError

    manager = _manager()
    try:
        definition, settings = define(ServerOptions(**options))  # type: ignore[arg-type]
    except SettingError as error:
        raise CliError(str(error)) from error
    url = browser_url(settings)
    _require_free(url, manager.state())
    file = manager.install(definition)
    note(f"Installed {file}")
    note(f"Settings: {', '.join(definition.environment)}")
    _wait_until_ready(manager, url)
    note(f"API Dashboard runs at {url}, with its data in {settings.data}.")
    for line in manager.notes():
        note(line)
    return OK


@command.command("remove")
def remove() -> int:
    """Stop the service and remove it. Your data is kept."""
    manager = _manager()
    data = _data(manager.state())
    if not manager.remove():
        note("The service is not installed.")
    else:
        note(f"Removed the service. Your data is still in {data}.")
    return OK


@command.command("status")
@json_option
def status(as_json: bool) -> int:
    """Show whether the service is installed and running. The exit code is 1 if it is not."""
    state = _manager().state()
    url = None if state.settings is None else _url(state.settings)
    if as_json:
        print_json(
            {
                "installed": state.settings is not None,
                "running": state.is_running,
                "url": url,
                "data": None if state.settings is None else _data(state),
                "file": str(state.file),
            }
        )
    elif state.settings is None:
        click.echo("The service is not installed. `api-dashboard service install` installs it.")
    else:
        click.echo(f"Service: {'running' if state.is_running else 'not running'} ({state.file})")
        click.echo(f"Address: {url}")
        click.echo(f"Data folder: {_data(state)}")
        click.echo(f"Log: {state.log_command}")
    return OK if state.is_running else FAILED


def _manager() -> ServiceManager:
    from api.cli.service.manager import service_manager

    return service_manager()


def _data(state: ServiceState) -> str:
    return (state.settings or {}).get("API_DASHBOARD_DATA", "")


def _url(settings: dict[str, str]) -> str | None:
    """Return the address of installed settings, None if they are no longer valid."""
    from api.cli.server.start_message import browser_url
    from api.errors import SettingError
    from api.settings import read_settings

    try:
        return browser_url(read_settings(settings))
    except SettingError:
        return None


def _require_free(url: str, state: ServiceState) -> None:
    """Raise CliError if another server than the service responds at its address."""
    from api.cli.server.browser import responds

    is_own = state.is_running and state.settings is not None and _url(state.settings) == url
    if not is_own and responds(url):
        raise CliError(
            f"Another server responds at {url}: stop it, or choose another port with --port."
        )


def _wait_until_ready(manager: ServiceManager, url: str) -> None:
    """Return when the server responds. Raises CliError if it ends or takes too long."""
    from api.cli.server.browser import responds

    deadline = time.monotonic() + _START_SECONDS
    while not responds(url):
        if time.monotonic() > deadline:
            raise CliError(
                "The service is installed, but its server does not respond: see "
                f"`{manager.state().log_command}`. If you started a server yourself, stop it."
            )
        time.sleep(_PAUSE)
