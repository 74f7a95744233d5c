"""The function's bundle: the locked packages, `api/` and bytecode, byte for byte the same from the
same inputs on any machine, and rebuilt only when they change. Plain Python without Pulumi.
"""

from __future__ import annotations

import platform
import shutil
import sys
from pathlib import Path

from infra.building import (
    CACHE,
    REPOSITORY,
    BuildError,
    digest,
    files_under,
    keep_only,
    pip_install,
    run,
    workplace,
)
from infra.node import find_node

HANDLER = "api.aws_lambda.handler.handler"
# What a function of that size still loads fast (docs/performance.md).
LARGEST = 9_000_000

# The version that infra/packer brings along; others are packed by an interpreter of that version.
_PACKER_VERSION = "python3.13"
_PACKER = REPOSITORY / "infra" / "packer"
_ROOT = "/var/task"  # where Lambda unpacks it, for tracebacks
_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
_NOT_SHIPPED = ("local", "__main__.py", "requirements.in", "requirements.txt")
# Of the packages: command-line scripts and metadata (which hold paths of this machine), what is for
# compilers only, and cffi's own compiler, of which cryptography uses the compiled half alone.
_FOLDERS_LEFT_OUT = ("bin", "cffi", "pycparser")
_SUFFIXES_LEFT_OUT = (".pyi", ".pyx", ".pxd", ".h", ".c", ".rst")


def build(
    runtime: str,
    architecture: str,
    *,
    repository: Path = REPOSITORY,
    cache: Path = CACHE,
) -> Path:
    """The bundle for a Lambda runtime (`python3.13`) and architecture (`arm64`, `x86_64`), as a zip
    archive. Raises BuildError.
    """
    source = repository / "api"
    requirements = source / "requirements.txt"
    files = files_under(source, without=_NOT_SHIPPED)
    tools = [*files_under(_PACKER, without=("node_modules",)), Path(__file__)]
    means = (runtime, architecture, digest(REPOSITORY, tools))
    state = digest(repository, [requirements, *files], *means)
    archive = cache / "bundle" / f"function-{runtime}-{architecture}-{state}.zip"
    if archive.exists():
        return archive
    command = packer(runtime, cache)
    doing = "Building the function's bundle"
    with workplace(archive.parent, doing) as part:
        content = part / "content"
        _install(requirements, content, runtime, architecture)
        for path in files:
            target = content / "api" / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        made = part / "function.zip"
        run([*command, content, made, _ROOT], doing="Packing the function's bundle", cwd=_PACKER)
        size = made.stat().st_size
        if size > LARGEST:
            raise BuildError(f"{doing} failed: it has {size:,} bytes, and may have {LARGEST:,}.")
        made.replace(archive)
    keep_only(archive, f"function-{runtime}-{architecture}-*.zip")
    return archive


def host_target() -> tuple[str, str]:
    """The runtime and architecture whose bundles this very interpreter can load."""
    machine = platform.machine().lower()
    return (
        "python{}.{}".format(*sys.version_info[:2]),
        "arm64" if machine in ("aarch64", "arm64") else "x86_64",
    )


def _install(requirements: Path, folder: Path, runtime: str, architecture: str) -> None:
    """The locked packages, as wheels for the function's machine whatever this one is.

    The lock must not have markers on the Python version or platform: pip judges them by the
    interpreter that runs it.
    """
    pip_install(
        requirements,
        folder,
        *("--implementation", "cp", "--python-version", runtime.removeprefix("python")),
        *("--platform", f"manylinux2014_{_MACHINES[architecture]}"),
        doing="Fetching the function's packages",
    )
    for entry in sorted(folder.iterdir()):
        if entry.name in _FOLDERS_LEFT_OUT or entry.suffix == ".dist-info":
            shutil.rmtree(entry)
    for path in sorted(folder.rglob("*")):
        if path.suffix in _SUFFIXES_LEFT_OUT:
            path.unlink()


def packer(runtime: str, cache: Path) -> list[str | Path]:
    """The command that packs for a runtime; it takes the folder, the archive to make, and where
    that will be unpacked. Raises BuildError.
    """
    if runtime == _PACKER_VERSION:
        node = find_node(cache)
        node.install(_PACKER)
        return [*node.node, _PACKER / "pack.mjs", runtime]
    if runtime == host_target()[0]:
        return [sys.executable, "-I", _PACKER / "pack.py"]
    raise BuildError(
        f"Packing the function's bundle failed: bytecode for {runtime} is made by that Python "
        f"itself. Run Pulumi with it, or set runtime to {_PACKER_VERSION}."
    )
