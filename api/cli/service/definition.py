"""What a service runs: this installation, with the settings at the time of `service install`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from api.cli.errors import CliError
from api.cli.places import cache_folder
from api.cli.server.given_settings import server_environment
from api.cli.server.options import ServerOptions
from api.local.installation import included_pages, is_wheel, own_command
from api.settings import REPOSITORY, Settings, read_settings

# Seconds that a service manager waits longer for a stop than the server waits for its calls.
_STOP_RESERVE = 15
# With the embedded database, the server does not need the user's AWS credentials.
_AWS_DATABASE = "AWS_ENDPOINT_URL_DYNAMODB"


class ServiceDefinition(NamedTuple):
    """A program with absolute paths, its settings, and its working directory if it needs one."""

    command: tuple[str, ...]
    environment: dict[str, str]
    folder: Path | None
    stop_seconds: int


class ServiceState(NamedTuple):
    """What a service manager knows: `settings` is None if the service is not installed."""

    file: Path
    settings: dict[str, str] | None
    is_running: bool
    log_command: str


class ServiceManager(Protocol):
    """systemd or launchd. All methods raise CliError if it is missing or fails."""

    def install(self, definition: ServiceDefinition) -> Path:
        """Write the service's file, start the service, and return the file. Idempotent."""

    def remove(self) -> bool:
        """Stop the service and remove its files. Return whether it was installed."""

    def state(self) -> ServiceState:
        """Return whether the service is installed and runs."""

    def notes(self) -> list[str]:
        """Return sentences to show after an installation."""


def define(options: ServerOptions) -> tuple[ServiceDefinition, Settings]:
    """Return the service for this installation, and its settings. Raises CliError, SettingError."""
    environ = server_environment(options)
    settings = read_settings(environ)
    _require_lasting(Path(sys.prefix))
    definition = ServiceDefinition(
        command=(*own_command(), "serve"),
        environment=_kept_settings(environ),
        folder=None if is_wheel() else REPOSITORY,
        stop_seconds=settings.stop_timeout + _STOP_RESERVE,
    )
    return definition, settings


def _require_lasting(prefix: Path) -> None:
    """Raise CliError for an environment of `uvx` or `pipx run`, which is removed at some time."""
    if cache_folder().parent in prefix.parents or ".cache" in prefix.parts:
        raise CliError(
            f"This installation is temporary ({prefix}): install API Dashboard with `pipx install` "
            "or `uv tool install`, then run `api-dashboard service install` again."
        )


def _kept_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that are set. Raises CliError for one that no file can hold."""
    names = _SettingNames(environ)
    read_settings(names)
    kept = {name: environ[name] for name in sorted(names.asked) if environ.get(name, "").strip()}
    if _AWS_DATABASE not in kept:
        kept = {name: value for name, value in kept.items() if not name.startswith("AWS_")}
    if kept.get("API_DASHBOARD_PAGES") == str(included_pages()):
        del kept["API_DASHBOARD_PAGES"]  # An update may move them.
    for name, value in kept.items():
        if not value.isprintable():
            raise CliError(f"{name} contains a control character: set it to a value without one.")
    return kept


class _SettingNames(dict[str, str]):
    """The environment. Remembers the names that are asked for: those of all settings."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__(environ)
        self.asked: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """Return a value and remember its name."""
        self.asked.add(name)
        return super().get(name, default)
