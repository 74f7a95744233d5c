"""Failures of commands, and the exit codes of the command line (docs/cli.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OK = 0
FAILED = 1
USAGE = 2
NO_SERVER = 3
SIGNED_OUT = 4
INTERRUPTED = 130
BROKEN_PIPE = 141


class CliError(Exception):
    """A command failed. `message` says in one sentence what happened, and what to do."""

    def __init__(self, message: str, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code


class ProblemError(CliError):
    """The server answered with a problem document (RFC 9457).

    `code` is a code of `api/problem_codes.py`. `field` names the request's wrong field, with dots
    that lead to nested ones, or is None. `members` are those of the document.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        field: str | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail if field is None else f"{field}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.field = field
        self.members = members or {}
