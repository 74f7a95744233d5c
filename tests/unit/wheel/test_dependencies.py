"""The wheel requires the locked versions of what one machine needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.requirements import Requirement

from infra.building import REPOSITORY
from tools.wheel.dependencies import pinned

LOCK = """\
# Locked by `make lock` from requirements.in; not edited by hand.
click==8.5.1 \\
    --hash=sha256:aaaa \\
    --hash=sha256:bbbb
    # via
    #   flask==9.9.9
gevent==26.9.0 \\
    --hash=sha256:eeee
cffi==2.1.1 ; platform_python_implementation != 'PyPy' \\
    --hash=sha256:cccc
serverless-wsgi==3.1.0 \\
    --hash=sha256:dddd
"""


def test_versions_and_markers_stay_and_hashes_go(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(LOCK)
    assert pinned(lock) == [
        "click==8.5.1",
        "gevent==26.9.0 ; sys_platform != 'darwin' or python_version >= '3.12'",
        "gevent==25.5.1 ; sys_platform == 'darwin' and python_version < '3.12'",
        "cffi==2.1.1 ; platform_python_implementation != 'PyPy'",
    ]


@pytest.mark.parametrize("system", ["linux", "darwin"])
@pytest.mark.parametrize("machine", ["x86_64", "arm64", "aarch64"])
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.14"])
def test_each_platform_gets_one_version_of_each_package(
    system: str, machine: str, python: str
) -> None:
    platform = {
        "sys_platform": system,
        "platform_machine": machine,
        "python_version": python,
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    pins = [Requirement(line) for line in pinned(REPOSITORY / "api/local/requirements.txt")]
    chosen = [pin.name for pin in pins if pin.marker is None or pin.marker.evaluate(platform)]
    assert len(chosen) == len(set(chosen))
    assert {pin.name for pin in pins} - set(chosen) <= {"typing-extensions"}
