"""`make audit`: look up known vulnerabilities of all locked packages, Python and JavaScript.

This is not part of `make test` because the result can change without a change to the code, and
because it needs the network.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.building import REPOSITORY, BuildError, files_under
from infra.node import find_node

_INSTALLED = ("node_modules", "dist")


def main(arguments: Sequence[str]) -> int:
    """Audit every lock file with `arguments` (the command of pip-audit) or npm. Return 1 if a
    package has a known vulnerability or a lock file could not be audited.
    """
    files = files_under(REPOSITORY, without=_INSTALLED)
    failed = [path for path in files if _is_lock(path) and not _passes(path, arguments)]
    for path in failed:
        print(f"{path.relative_to(REPOSITORY)} did not pass the audit.", file=sys.stderr)
    return 1 if failed else 0


def _is_lock(path: Path) -> bool:
    return path.name == "package-lock.json" or path.match("*requirements*.txt")


def _passes(lock: Path, pip_audit: Sequence[str]) -> bool:
    print(lock.relative_to(REPOSITORY), flush=True)
    environment = dict(os.environ)
    if lock.name == "package-lock.json":
        node = find_node()
        command = [*node.npm, "audit", "--package-lock-only"]
        environment |= node.environment
    else:
        command = [*pip_audit, "--strict", "--disable-pip", "--no-deps", "--requirement", str(lock)]
    return not subprocess.run(command, cwd=lock.parent, env=environment, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BuildError as error:
        sys.exit(str(error))
