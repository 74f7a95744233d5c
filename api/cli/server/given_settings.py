"""The settings of the server's commands: options, then the environment, then the defaults."""

from __future__ import annotations

from pathlib import Path

from api.cli.places import environment
from api.cli.server.data_places import default_data
from api.cli.server.options import ServerOptions
from api.local.installation import included_pages
from api.settings import Settings, read_settings

# The settings that are paths. The working directory of a service is another one.
_PATHS = (
    "API_DASHBOARD_DATA",
    "API_DASHBOARD_PAGES",
    "API_DASHBOARD_PROVIDERS",
    "API_DASHBOARD_CA_FILE",
    "API_DASHBOARD_TLS_CERTIFICATE",
    "API_DASHBOARD_TLS_KEY",
    "API_DASHBOARD_BACKUP_FOLDER",
)


def server_environment(options: ServerOptions) -> dict[str, str]:
    """Return the environment for the server, with absolute paths. The data folder is always set."""
    given = environment()
    if options.host is not None:
        given["API_DASHBOARD_HOST"] = options.host
    if options.port is not None:
        given["API_DASHBOARD_PORT"] = str(options.port)
    if options.data is not None:
        given["API_DASHBOARD_DATA"] = str(options.data)
    if not given.get("API_DASHBOARD_DATA", "").strip():
        given["API_DASHBOARD_DATA"] = str(default_data())
    pages = included_pages()
    if pages is not None and not given.get("API_DASHBOARD_PAGES", "").strip():
        given["API_DASHBOARD_PAGES"] = str(pages)
    for name in _PATHS:
        if given.get(name, "").strip():
            given[name] = str(Path(given[name].strip()).expanduser().absolute())
    return given


def server_settings(options: ServerOptions) -> Settings:
    """Return the settings for a command on this machine. Raises SettingError, CliError."""
    return read_settings(server_environment(options))
