"""What commands print: tables for people, JSON for programs. Notes go to standard error."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

import click

from api.cli.places import wants_color


def print_json(value: object) -> None:
    """Print a value as indented JSON."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns below their titles."""
    cleaned = [[plain(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in [titles, *cleaned]) for column in range(len(titles))]
    print_line(_columns(titles, widths), bold=True)
    for row in cleaned:
        click.echo(_columns(row, widths))


def print_line(text: str, *, bold: bool = False, color: str | None = None) -> None:
    """Print a line, styled if it goes to a terminal that may get colours."""
    styled = click.style(text, bold=bold, fg=color) if wants_color() else text
    click.echo(styled)


def note(text: str) -> None:
    """Print a line for people to standard error, without control characters."""
    click.echo(plain(text), err=True)


def plain(text: str) -> str:
    """Return a text without control characters, which could change a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _columns(cells: Sequence[str], widths: Sequence[int]) -> str:
    pairs = zip(cells, widths, strict=True)
    return "  ".join(cell.ljust(width) for cell, width in pairs).rstrip()


def dollars(amount: float) -> str:
    """Return an amount with all its digits, at least two of them decimals."""
    digits = f"{Decimal(repr(amount)):f}"
    whole, _, decimals = digits.partition(".")
    return f"{int(whole):,}.{decimals.rstrip('0').ljust(2, '0')}"
