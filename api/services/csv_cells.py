"""Cells of CSV files (RFC 4180) that are safe to open in a spreadsheet."""

from __future__ import annotations

# A spreadsheet takes text that begins with one of these for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def plain_cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: with an apostrophe if needed."""
    return f"'{text}" if text.startswith(_FORMULA) else text
