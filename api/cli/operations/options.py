"""Options that name an installation: a data folder, a table or a stack."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from api.cli.server.options import data_option

_Function = TypeVar("_Function", bound=Callable[..., Any])


def aws_options(function: _Function) -> _Function:
    """Add the options `--region`, `--profile` and `--project`."""
    for option in (
        click.option(
            "--project",
            metavar="DIR",
            type=click.Path(path_type=Path, file_okay=False, exists=True),
            help="Folder of the Pulumi program. By default the working directory.",
        ),
        click.option("--profile", metavar="NAME", help="Profile of the AWS configuration."),
        click.option("--region", metavar="NAME", help="AWS region of the table."),
    ):
        function = option(function)
    return function


def place_options(function: _Function) -> _Function:
    """Add the options that name an installation. Without them, it is this machine's data folder."""
    function = aws_options(function)
    for option in (
        click.option("--table", metavar="NAME", help="Table of DynamoDB."),
        click.option("--stack", metavar="NAME", help="Deployed stack, as in `pulumi stack ls`."),
    ):
        function = option(function)
    return data_option(function)
