"""Words for people in place of the API's codes."""

from __future__ import annotations

# Outcomes of a check of a key, as the dashboard names them.
_OUTCOMES = {
    "out_of_quota": "out of quota",
    "wrong_host": "wrong host",
    "unexpected": "inconclusive",
    "unknown": "no check available",
}


def outcome_words(outcome: str) -> str:
    """Return the outcome of a check in words."""
    return _OUTCOMES.get(outcome, outcome.replace("_", " "))
