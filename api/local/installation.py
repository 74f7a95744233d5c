"""The pages and the database of this installation: a wheel contains them, a clone gets them."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

from api.errors import StartError
from api.local.database.binary import ALTERNATIVE, binary_name, ensure_binary
from api.settings import REPOSITORY

NAME = "api-dashboard"
# In a wheel, `api` is in a folder with these two; the root of a clone has neither.
_PAGES = REPOSITORY / "pages"
_DATABASE = REPOSITORY / "database"
_CACHE = REPOSITORY / ".cache"


def is_wheel() -> bool:
    """Return whether this is an installed wheel, not a clone of the repository."""
    return _DATABASE.is_dir()


def included_pages() -> Path | None:
    """Return the folder of the built pages in a wheel, None in a clone."""
    return _PAGES if is_wheel() else None


def own_command() -> tuple[str, ...]:
    """Return the command of this installation, which does not depend on PATH.

    That of a clone needs REPOSITORY as its working directory.
    """
    if not is_wheel():
        return (sys.executable, "-m", "api")
    for script in (Path(sysconfig.get_path("scripts"), NAME), Path(sys.argv[0]).absolute()):
        if script.name == NAME and script.is_file():
            return (str(script),)
    # `-P`: the working directory is not searched for modules.
    return (sys.executable, "-P", "-m", "api_dashboard")


def find_binary() -> Path:
    """Return the embedded database's binary: the wheel's, or in a clone the downloaded one.

    Raises StartError if there is none for this machine.
    """
    if not is_wheel():
        return ensure_binary(_CACHE)
    binary = _DATABASE / binary_name()
    if not binary.is_file():
        raise StartError(
            f"This installation has no embedded database for this machine ({binary.name}): "
            f"install the wheel that was built for it. {ALTERNATIVE}"
        )
    return binary
