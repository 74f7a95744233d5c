"""The bundles of both functions, unpacked as Lambda unpacks them.

The product's is the one that `pulumi up` builds, for this machine's Python and processor. The
baseline's is built in the same way: locked packages, its code, and bytecode that is not compared
with the source at each import (`unchecked-hash`, PEP 552).
"""

from __future__ import annotations

import compileall
import hashlib
import io
import py_compile
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from bench.environment import BENCH, CACHE, ROOT, Missing, pip_install
from infra import bundle
from infra.building import BuildError


def product_bundle() -> Path:
    """Return the folder of the product's bundle. Raises Missing if it cannot be built."""
    try:
        archive = bundle.build(*bundle.host_target())
    except BuildError as error:
        raise Missing(str(error)) from error
    folder = CACHE / f"product-bundle-{archive.stem.rpartition('-')[2]}"
    if not folder.exists():
        part = _new_part(folder)
        with zipfile.ZipFile(archive) as content:
            content.extractall(part)
        part.rename(folder)
    return folder


def earlier_bundle(revision: str) -> Path:
    """Return the folder of a bundle with the code of a git revision and the current packages.

    Raises Missing if the clone does not have the revision.
    """
    archive = subprocess.run(
        ["git", "archive", revision, "api"], cwd=ROOT, capture_output=True, check=False
    )
    if archive.returncode:
        raise Missing(f"This clone has no git revision {revision}.")
    present = product_bundle()
    folder = CACHE / f"earlier-bundle-{hashlib.sha256(archive.stdout).hexdigest()[:16]}"
    if not folder.exists():
        part = _new_part(folder)
        shutil.copytree(present, part, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(part / "api")
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(part, filter="data")
        _compile(part)
        part.rename(folder)
    return folder


def baseline_bundle() -> Path:
    """Return the folder of the baseline's bundle, and build it if its files have changed."""
    source = BENCH / "baseline"
    requirements = source / "requirements.txt"
    packages = CACHE / f"baseline-packages-{_digest([requirements])}"
    if not packages.exists():
        part = _new_part(packages)
        pip_install(sys.executable, "--target", str(part), "-r", str(requirements))
        _compile(part)
        part.rename(packages)
    files = sorted(source.glob("*.py"))
    folder = CACHE / f"baseline-bundle-{_digest([requirements, *files])}"
    if not folder.exists():
        part = _new_part(folder)
        shutil.copytree(packages, part, symlinks=True)
        (part / source.name).mkdir()
        for path in files:
            shutil.copyfile(path, part / source.name / path.name)
        _compile(part)
        part.rename(folder)
    return folder


def _digest(files: list[Path]) -> str:
    summary = hashlib.sha256()
    for path in files:
        summary.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return summary.hexdigest()[:16]


def _new_part(folder: Path) -> Path:
    """Return the folder to build `folder` in, after removing older builds."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for older in folder.parent.glob(f"{folder.name.rpartition('-')[0]}-*"):
        shutil.rmtree(older)
    return folder.with_suffix(".part")


def _compile(folder: Path) -> None:
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(folder, quiet=2, invalidation_mode=mode)
