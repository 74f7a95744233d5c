"""The data folder that is used by default, and the other folders that may have data.

A wheel keeps its data in the platform's folder, a clone in its folder `data`. A start that uses one
of them says if another one has data, so that nobody thinks that the data of the other is lost.
"""

from __future__ import annotations

from pathlib import Path

from api.cli import places
from api.local.data_folder import has_data
from api.local.installation import is_wheel
from api.settings import REPOSITORY

_CLONE_DATA = REPOSITORY / "data"


def default_data() -> Path:
    """Return the data folder if no setting names one. Raises CliError."""
    return _platform_data() if is_wheel() else _CLONE_DATA


def data_notes(data: Path) -> list[str]:
    """Return sentences about other folders with data, for a start with the default `data`."""
    others = [other for other in _candidates() if other != data and has_data(other)]
    if not others:
        return []
    names = " and ".join(str(other) for other in others)
    if has_data(data):
        return [f"{names} also contains API Dashboard data, which this server does not use."]
    return [
        f"This start creates a new data folder, but {names} already contains API Dashboard data: "
        f"to use it, stop the server and start it with API_DASHBOARD_DATA={others[0]}."
    ]


def _candidates() -> list[Path]:
    """Return the folders that installations use by default. One may be that of a clone."""
    if not is_wheel():
        return [_CLONE_DATA, _platform_data()]
    clone = Path.cwd()
    in_clone = (clone / "api" / "__main__.py").exists()
    return [_platform_data(), *([clone / "data"] if in_clone else [])]


def _platform_data() -> Path:
    return places.data_folder({**places.environment(), "API_DASHBOARD_DATA": ""})
