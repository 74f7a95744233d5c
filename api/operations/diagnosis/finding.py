"""The result of one check of `doctor`."""

from __future__ import annotations

from typing import Literal, NamedTuple

Outcome = Literal["ok", "warning", "failed"]


class Finding(NamedTuple):
    """The result of a check. `detail` is a sentence. `advice` says what to do, empty if ok."""

    check: str
    outcome: Outcome
    detail: str
    advice: str = ""


def split_message(check: str, outcome: Outcome, message: str) -> Finding:
    """Return a finding from the message of a CliError: what happened, a colon, what to do."""
    detail, colon, advice = message.rpartition(": ")
    if not colon:
        return Finding(check, outcome, advice)
    return Finding(check, outcome, f"{detail}.", f"{advice[:1].upper()}{advice[1:]}")


def unchecked(check: str, error: Exception) -> Finding:
    """Return the warning for a check that could not run because of an OperationError."""
    detail, stop, advice = str(error).removesuffix(".").rpartition(". ")
    if not stop:
        detail, advice = advice, "Correct the cause, and run doctor again"
    return Finding(check, "warning", f"This could not be checked. {detail}.", f"{advice}.")
