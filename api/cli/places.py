"""The platform's folders, and the environment variables of the command line.

No other module of the command line reads the environment. Folders are those of the XDG Base
Directory Specification, and on macOS those below ~/Library.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from api.cli.errors import USAGE, CliError

_NAME = "api-dashboard"
_SUPPORT = "Library/Application Support"  # on macOS


def config_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder of the saved logins. API_DASHBOARD_CONFIG overrides it."""
    source = os.environ if environ is None else environ
    return _chosen(source, "API_DASHBOARD_CONFIG") or _folder(
        source, "XDG_CONFIG_HOME", ".config", _SUPPORT
    )


def data_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder of the database and the secrets. API_DASHBOARD_DATA overrides it."""
    source = os.environ if environ is None else environ
    return _chosen(source, "API_DASHBOARD_DATA") or _folder(
        source, "XDG_DATA_HOME", ".local/share", _SUPPORT
    )


def cache_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder of what can be made again."""
    source = os.environ if environ is None else environ
    return _folder(source, "XDG_CACHE_HOME", ".cache", "Library/Caches")


def environment() -> dict[str, str]:
    """Return a copy of the environment, for the server's settings and for commands of `run`."""
    return dict(os.environ)


def systemd_folder() -> Path:
    """Return the folder of the user's own systemd units."""
    return _folder(os.environ, "XDG_CONFIG_HOME", ".config", ".config").parent / "systemd" / "user"


def launch_agents_folder() -> Path:
    """Return the folder of the user's launchd agents, on macOS."""
    return _home(os.environ, "HOME") / "Library" / "LaunchAgents"


def agent_log() -> Path:
    """Return the file for the output of the launchd agent, on macOS."""
    return _home(os.environ, "HOME") / "Library" / "Logs" / f"{_NAME}.log"


def default_server(environ: Mapping[str, str] | None = None) -> str | None:
    """Return API_DASHBOARD_SERVER: the name or URL that stands in for --server, or None."""
    return (os.environ if environ is None else environ).get("API_DASHBOARD_SERVER") or None


def certificate_file(environ: Mapping[str, str] | None = None) -> str | None:
    """Return SSL_CERT_FILE, which replaces the system's certificate authorities, or None."""
    return (os.environ if environ is None else environ).get("SSL_CERT_FILE") or None


def upstream_certificates(environ: Mapping[str, str] | None = None) -> str | None:
    """Return API_DASHBOARD_CA_FILE: authorities that a server on this machine trusts, or None."""
    return (os.environ if environ is None else environ).get("API_DASHBOARD_CA_FILE") or None


def wants_color(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether a terminal may get colours (https://no-color.org)."""
    source = os.environ if environ is None else environ
    return not source.get("NO_COLOR") and source.get("TERM") != "dumb"


def can_open_browser(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether this machine can show a browser: macOS, a graphical session, or BROWSER."""
    source = os.environ if environ is None else environ
    if source.get("BROWSER"):
        return True
    if source.get("SSH_CONNECTION"):
        return False
    is_graphical = bool(source.get("DISPLAY") or source.get("WAYLAND_DISPLAY"))
    return sys.platform == "darwin" or is_graphical


def _folder(source: Mapping[str, str], variable: str, default: str, on_macos: str) -> Path:
    # The specification says to ignore relative paths.
    chosen = source.get(variable, "")
    if os.path.isabs(chosen):
        return Path(chosen) / _NAME
    home = _home(source, variable)
    return home / (on_macos if sys.platform == "darwin" else default) / _NAME


def _chosen(source: Mapping[str, str], variable: str) -> Path | None:
    """Return the folder in a variable, or None without one."""
    text = source.get(variable)
    if not text:
        return None
    try:
        return Path(text).expanduser().absolute()
    except (RuntimeError, OSError) as error:
        raise CliError(
            f"{variable} is not the path of a folder: set it to an absolute path.", USAGE
        ) from error


def _home(source: Mapping[str, str], variable: str) -> Path:
    try:
        return Path(source["HOME"]) if source.get("HOME") else Path.home()
    except RuntimeError as error:
        raise CliError(f"There is no home folder: set HOME or {variable}.") from error
