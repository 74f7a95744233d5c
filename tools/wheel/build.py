"""Build the wheel: the code for one machine, the built pages and the embedded database.

The same inputs give the same bytes. The wheel is built again only if they change.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from api.errors import StartError
from api.local.database.binary import ensure_binary
from infra.building import (
    CACHE,
    REPOSITORY,
    BuildError,
    alone,
    digest,
    files_under,
    keep_only,
    locked_packages,
    run,
    workplace,
)
from infra.site_build import build_folder
from tools.wheel.dependencies import EXTRAS, pinned
from tools.wheel.platform_tag import platform_tag

_DOING = "Building the wheel"
_HERE = Path(__file__).resolve().parent
_PROJECT = _HERE / "project"
_REQUIREMENTS = _HERE / "requirements.txt"
_LOCK = REPOSITORY / "api" / "local" / "requirements.txt"
_LICENSE = REPOSITORY / "LICENSE"
# Of `api/`: the functions on AWS, and the lists of requirements, which are in the wheel's metadata.
_NOT_SHIPPED = ("aws_lambda", "requirements.in", "requirements.txt")
# The time of all files in the archive: 1980, the earliest that it can hold.
_EPOCH = "315532800"


def build_wheel(
    *,
    cache: Path = CACHE,
    pages: Callable[[], Path] = build_folder,
    database: Callable[[Path], Path] = ensure_binary,
) -> Path:
    """Build the wheel for this machine, and return its path. Raises BuildError.

    `pages` returns the folder of the built pages, `database` the checked binary for a cache folder.
    """
    try:
        binary = database(cache)
    except StartError as error:
        raise BuildError(f"{_DOING} failed: {error}") from error
    site = pages()
    code = files_under(REPOSITORY / "api", without=_NOT_SHIPPED)
    inputs = [*code, *files_under(_HERE), _LOCK, _LICENSE]
    means = (digest(REPOSITORY, inputs), digest(site, files_under(site)), binary.name)
    folder = cache / "wheel" / f"wheel-{digest(REPOSITORY, [], *means)}"
    with alone("wheel"):
        if not folder.exists():
            backend = locked_packages(
                "hatchling", _REQUIREMENTS, doing="Fetching hatchling", cache=cache
            )
            with workplace(folder.parent, _DOING) as part:
                _stage(part / "project", code, site, binary)
                _run_backend(backend, part / "project", part / "wheel")
                (part / "wheel").rename(folder)
            keep_only(folder, "wheel-*")
    return _only_wheel(folder)


def _stage(project: Path, code: list[Path], site: Path, binary: Path) -> None:
    """Lay out the project that hatchling builds."""
    shutil.copytree(_PROJECT, project, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(_LICENSE, project / "LICENSE")
    (project / "requirements.txt").write_text("\n".join(pinned(_LOCK)))
    (project / "extras").mkdir()
    for extra in EXTRAS:
        (project / "extras" / f"{extra}.txt").write_text("\n".join(pinned(_LOCK, extra)))
    (project / "tag").write_text(f"py3-none-{platform_tag(binary)}\n")
    app = project / "api_dashboard" / "app"
    for path in code:
        target = app / path.relative_to(REPOSITORY)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    shutil.copytree(site, app / "pages")
    (app / "database").mkdir()
    shutil.copy(binary, app / "database" / binary.name)
    shutil.copyfile(
        project / "licenses" / "dynoxide.txt", app / "database" / f"{binary.name}.LICENSE"
    )


def _run_backend(backend: Path, project: Path, target: Path) -> None:
    run(
        [sys.executable, "-P", "-m", "hatchling", "build", "--target", "wheel", "-d", target],
        doing=_DOING,
        cwd=project,
        environment={"PYTHONPATH": str(backend), "SOURCE_DATE_EPOCH": _EPOCH},
    )
    _only_wheel(target)


def _only_wheel(folder: Path) -> Path:
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise BuildError(f"{_DOING} failed: hatchling wrote {len(wheels)} wheels.")
    return wheels[0]
