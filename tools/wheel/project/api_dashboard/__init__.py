"""Start API Dashboard, whose code is in the folder `app`.

The code is the package `api`, a name that many projects use. So the folder comes first on the
search path, and the folders that the user's session adds to it (PYTHONPATH, the working directory)
come last: neither their `api` nor a module with the name of a dependency is imported by mistake.
The environment stays as it is, for programs that `api-dashboard run` starts.
"""

from __future__ import annotations

import os
import sys

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_APP = os.path.join(_PACKAGE, "app")
_MINIMUM = (3, 11)


def main() -> int:
    """Run the command line and return its exit code."""
    if sys.version_info < _MINIMUM:
        print(
            "API Dashboard needs Python 3.11 or newer: install it with such a Python, for example "
            "`pipx install --python python3.13`.",
            file=sys.stderr,
        )
        return 1
    sys.path[:] = search_path(sys.path, os.environ.get("PYTHONPATH", ""))
    from api.cli.main import main as run_command  # of the folder `app`

    return run_command()


def search_path(path: list[str], python_path: str) -> list[str]:
    """Return the search path with `app` first and the session's folders last.

    `python_path` is the variable PYTHONPATH. The folder that has this package keeps its place: with
    `pip install --target`, PYTHONPATH names it, and the dependencies are in it.
    """
    if path[:1] == [_APP]:
        return path
    session = {_absolute(entry) for entry in (*python_path.split(os.pathsep), "")}
    if path and not getattr(sys.flags, "safe_path", False):
        session.add(_absolute(path[0]))  # the folder of the script, or the working directory
    session.discard(os.path.dirname(_PACKAGE))
    last = [entry for entry in path if _absolute(entry) in session]
    first = [entry for entry in path if entry not in last]
    return [_APP, *first, *last]


def _absolute(entry: str) -> str:
    try:
        return os.path.abspath(entry)
    except OSError:  # The working directory has been removed.
        return entry
