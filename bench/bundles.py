"""Function bundles as they are deployed: locked packages, our code, and bytecode beside both.

The bytecode is `unchecked-hash` (PEP 552): valid whatever the files' times are, so it survives a
zip archive and is not compared with the source at each import.
"""

from __future__ import annotations

import compileall
import hashlib
import py_compile
import shutil
import sys
from pathlib import Path

from bench.environment import BENCH, CACHE, ROOT, pip_install


def baseline_bundle() -> Path:
    """The folder of the baseline's bundle, built once for each state of its files."""
    return _bundle(
        "baseline", BENCH / "baseline" / "requirements.txt", BENCH / "baseline", "baseline"
    )


def product_bundle() -> Path:
    """The folder of the product's bundle, built once for each state of its files."""
    return _bundle("product", ROOT / "api" / "requirements.txt", ROOT / "api", "api")


def _bundle(name: str, requirements: Path, source: Path, package: str) -> Path:
    packages = CACHE / f"{name}-packages-{_digest([requirements])}"
    if not packages.exists():
        _without_older(packages)
        part = packages.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        pip_install(sys.executable, "--target", str(part), "-r", str(requirements))
        _compile(part)
        part.rename(packages)
    files = sorted(path for path in source.rglob("*") if path.is_file() and _shipped(path))
    bundle = CACHE / f"{name}-bundle-{_digest([requirements, *files])}"
    if not bundle.exists():
        _without_older(bundle)
        part = bundle.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(packages, part, symlinks=True)
        for path in files:
            target = part / package / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        _compile(part)
        part.rename(bundle)
    return bundle


def _shipped(path: Path) -> bool:
    return "__pycache__" not in path.parts


def _digest(files: list[Path]) -> str:
    summary = hashlib.sha256()
    for path in files:
        summary.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
    return summary.hexdigest()[:16]


def _without_older(folder: Path) -> None:
    """Make room: only the newest state of a bundle is kept."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for older in folder.parent.glob(f"{folder.name.rpartition('-')[0]}-*"):
        shutil.rmtree(older)


def _compile(folder: Path) -> None:
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(folder, quiet=2, invalidation_mode=mode)
