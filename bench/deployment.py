"""The bundle's size, and the time that the builds take in a `pulumi up` without changes."""

from __future__ import annotations

import subprocess
import sys

from bench.environment import Missing
from bench.figures import Figure, show

_UNCHANGED = """
import time
start = time.perf_counter()
from infra import bundle, site_build
bundle.build("python3.13", "arm64")
site_build.build()
print(time.perf_counter() - start)
"""


def measure() -> list[Figure]:
    """Measure the deployed bundle, and a new process that finds nothing to build."""
    try:
        from infra import bundle, site_build
        from infra.building import BuildError
    except ModuleNotFoundError as error:
        raise Missing(f"{error.name} is missing: `make bench` installs it.") from error
    try:
        size = bundle.build("python3.13", "arm64").stat().st_size / 1e6
        site_build.build()
    except BuildError as error:
        raise Missing(str(error)) from error
    ran = subprocess.run(
        [sys.executable, "-c", _UNCHANGED], check=True, capture_output=True, text=True
    )
    seconds = float(ran.stdout)
    return [
        Figure("bundle, zipped, arm64", f"{size:.2f} MB", "", f"{size:.2f} MB", size, 9.0),
        Figure("builds in a `pulumi up` without changes", f"{seconds:.2f} s", "", "", seconds, 5.0),
    ]


if __name__ == "__main__":
    show(measure())
