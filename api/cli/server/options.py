"""Options of the commands that run the server or open its data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

_Function = TypeVar("_Function", bound=Callable[..., Any])


class ServerOptions(NamedTuple):
    """The options of `serve` and `service install`. None leaves the setting as it is."""

    host: str | None = None
    port: int | None = None
    data: Path | None = None


def server_options(function: _Function) -> _Function:
    """Add the options `--host`, `--port` and `--data` to a command."""
    for option in (
        data_option,
        click.option(
            "--port",
            type=click.IntRange(1, 65535),
            help="Port to listen on. By default API_DASHBOARD_PORT, or 8420.",
        ),
        click.option(
            "--host",
            help="Address to listen on. By default API_DASHBOARD_HOST, or 127.0.0.1.",
        ),
    ):
        function = option(function)
    return function


def data_option(function: _Function) -> _Function:
    """Add the option `--data` to a command."""
    option = click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder of the database and the secrets. By default API_DASHBOARD_DATA, or the "
        "platform's data folder.",
    )
    return option(function)
