"""The type of a problem code. The codes themselves are in api/problem_codes.py."""

from __future__ import annotations

import msgspec


class ProblemCode(msgspec.Struct, frozen=True):
    """A stable problem code.

    `title` says what it means, without a full stop; `advice` says in sentences what to do. Code in
    both is in backticks. `summary` says what happened to a proxied request, with the
    placeholders `{api_name}`, `{host}`, `{method}` and `{path}`. It is None for a code that no
    proxied request can answer with.
    """

    code: str
    status: int
    title: str
    advice: str
    summary: str | None = None
