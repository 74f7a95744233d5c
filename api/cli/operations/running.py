"""Run an operation: open its place, show its progress, and turn failures into one sentence."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.errors import CliError
from api.cli.places import environment
from api.cli.server.given_settings import server_settings
from api.cli.server.options import ServerOptions
from api.errors import SettingError, StartError
from api.operations.errors import OperationError
from api.settings import Settings

if TYPE_CHECKING:
    from api.operations.places.choose import Place, PlaceOptions

_STEP = 0.2  # seconds between two updates of the progress


@contextlib.contextmanager
def reported() -> Iterator[None]:
    """Turn the failures of an operation into a CliError."""
    try:
        yield
    except (OperationError, SettingError, StartError) as error:
        raise CliError(f"{str(error).removesuffix('.')}.") from error


def settings_for(data: Path | None) -> Settings:
    """Return the settings for a data folder, or for the one that is used by default."""
    return server_settings(ServerOptions(data=data))


def open_chosen(options: PlaceOptions) -> Place:
    """Return the place that the options name. Raises OperationError, SettingError and CliError."""
    from api.operations.places.choose import open_place

    return open_place(options, settings_for)


def session_of(place: Place) -> Any:
    """Return the AWS session of a table or a stack, None for a data folder."""
    return getattr(place, "session", None)


def variable(name: str) -> str:
    """Return a variable of the environment, empty if it is not set."""
    return environment().get(name, "")


def yield_to_others() -> None:
    """Give this process a low priority, so that proxied calls on this machine come first."""
    with contextlib.suppress(OSError):
        os.nice(10)


class ProgressLine:
    """One line on a terminal that shows how far an operation is. Nothing elsewhere."""

    def __init__(self, quiet: bool = False) -> None:
        self._shown = not quiet and sys.stderr is not None and sys.stderr.isatty()
        self._next = 0.0
        self._length = 0

    def show(self, text: str) -> None:
        """Show a text in place of the last one, at most five times a second."""
        now = time.monotonic()
        if self._shown and now >= self._next:
            self._next = now + _STEP
            click.echo(f"\r{text:<{self._length}}", nl=False, err=True)
            self._length = len(text)

    def end(self) -> None:
        """Clear the line."""
        if self._length:
            click.echo(f"\r{'':<{self._length}}\r", nl=False, err=True)
            self._length = 0


def size_text(count: int) -> str:
    """Return a number of bytes for people."""
    if count < 1_000:
        return f"{count} bytes"
    if count < 1_000_000:
        return f"{count / 1_000:.1f} kB"
    return f"{count / 1_000_000:,.1f} MB"
