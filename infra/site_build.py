"""Build the dashboard's files from web/ with npm, if its inputs have changed.

Does not import Pulumi. `python -m infra.site_build` prints the folder of the built site.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from infra.building import (
    CACHE,
    REPOSITORY,
    BuildError,
    alone,
    digest,
    files_under,
    keep_only,
    run,
    workplace,
)
from infra.node import Node, find_node

# Python's own table of types depends on the machine.
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_NAMED_BY_CONTENT = "public, max-age=31536000, immutable"
# Cached, but revalidated at each use, so that an update shows at the next load.
_ASKED_FOR = "no-cache"
_NOT_INPUTS = ("node_modules", "dist")


@dataclass(frozen=True)
class SiteFile:
    """A file of the site: its path from the root, and the header fields that it is served with."""

    key: str
    path: Path
    content_type: str
    cache_control: str


def build(*, web: Path = REPOSITORY / "web", cache: Path = CACHE) -> tuple[SiteFile, ...]:
    """Build the site and return its files, sorted by key. Raises BuildError."""
    return site_files(build_folder(web=web, cache=cache))


def build_folder(*, web: Path = REPOSITORY / "web", cache: Path = CACHE) -> Path:
    """Build the site and return its folder. Raises BuildError."""
    folder = _folder(web, cache)
    with alone("site"):
        if not folder.exists():
            _build(web, folder, find_node(cache))
    return folder


def _build(web: Path, folder: Path, node: Node) -> None:
    doing = "Building the dashboard"
    node.install(web)
    with workplace(folder.parent, doing) as part:
        made = part / "site"
        run(
            [*node.npm, "run", "build", "--", "--outDir", made, "--emptyOutDir"],
            doing=doing,
            cwd=web,
            environment=node.environment,
        )
        made.rename(folder)
    keep_only(folder, "site-*")


def _folder(web: Path, cache: Path) -> Path:
    state = digest(web, files_under(web, without=_NOT_INPUTS))
    return cache / "site" / f"site-{state}"


def site_files(folder: Path) -> tuple[SiteFile, ...]:
    """Return the files of a built site. Raises BuildError."""
    return tuple(
        SiteFile(
            key=key,
            path=path,
            content_type=_type_of(path),
            cache_control=_NAMED_BY_CONTENT if key.startswith("assets/") else _ASKED_FOR,
        )
        for key, path in sorted(
            (path.relative_to(folder).as_posix(), path) for path in files_under(folder)
        )
    )


def _type_of(path: Path) -> str:
    try:
        return TYPES[path.suffix]
    except KeyError:
        raise BuildError(
            f"Building the dashboard failed: site_build.py has no content type for {path.name}."
        ) from None


def main() -> int:
    """Build the site if needed and print its folder. Return the exit code, 1 if the build fails."""
    try:
        if not _folder(REPOSITORY / "web", CACHE).exists():
            print("Building the dashboard ...", file=sys.stderr, flush=True)
        print(build_folder())
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
