"""Which engine brings stacks up on this machine."""

from __future__ import annotations

import shutil

ENGINE = shutil.which("pulumi")


def engine_name() -> str:
    """What a person is told of it."""
    if ENGINE:
        return f"Pulumi's own engine ({ENGINE})"
    return "Pulumi's mocks, since there is no pulumi on PATH"
