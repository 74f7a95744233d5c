"""The engine that deploys stacks on this machine."""

from __future__ import annotations

import shutil

ENGINE = shutil.which("pulumi")


def engine_name() -> str:
    """Return the name of the engine for the test report."""
    if ENGINE:
        return f"Pulumi's own engine ({ENGINE})"
    return "Pulumi's mocks, since there is no pulumi on PATH"
