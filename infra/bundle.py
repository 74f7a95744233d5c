"""The functions' bundle: the locked packages, `api/` and bytecode.

The same inputs give the same bytes on any machine. The bundle is rebuilt only if they change. This
module does not import Pulumi.
"""

from __future__ import annotations

import platform
import shutil
import sys
from pathlib import Path

from infra import attestation, stripping
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
# Bytes. A larger bundle slows down cold starts (docs/performance.md).
LARGEST = 9_000_000

# The Python of infra/packer. For other versions, an interpreter of that version is needed.
_PACKER_VERSION = "python3.13"
_PACKER = REPOSITORY / "infra" / "packer"
# Their docstrings are texts of the OpenAPI document.
_DOCUMENTED = ("api/credentials.py", "api/routes", "api/schemas")
_ROOT = "/var/task"  # where Lambda unpacks the bundle, for tracebacks
_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
# The command line, what only the server on one machine imports, and what is not code.
_NOT_SHIPPED = (
    "cli",
    "local",
    "websocket",
    "__main__.py",
    "call_slots.py",
    "lost_calls.py",
    "websocket_credential.py",
    "websockets.py",
    "requirements.in",
    "requirements.txt",
    # Of api/operations, the backup function needs only what reads a table and writes a backup.
    "diagnosis",
    "choose.py",
    "command_record.py",
    "engine_table.py",
    "factor_reset.py",
    "folder.py",
    "functions.py",
    "move.py",
    "move_ends.py",
    "move_sources.py",
    "move_targets.py",
    "reencryption.py",
    "restore.py",
    "restore_folder.py",
    "restore_table.py",
    "scheduled_backups.py",
    "sqlite_snapshot.py",
    "stack.py",
    "stack_rotation.py",
    "table_storage.py",
    "target_secrets.py",
)
# Left out of the packages: command-line scripts and metadata (which contain paths of this machine),
# files for compilers, cffi's compiler (cryptography needs only its compiled part), and the parts of
# Werkzeug that only its development server uses.
_FOLDERS_LEFT_OUT = ("bin", "cffi", "pycparser", "werkzeug/debug", "werkzeug/middleware")
# Imported only by tests, in terminals, on Windows, by the development server, or by nothing.
_UNUSED = (
    "click/_termui_impl.py",
    "click/_winconsole.py",
    "cbor2/tool.py",
    "certifi/tests",
    "click/testing.py",
    "cryptography/hazmat/asn1",
    "cryptography/hazmat/primitives/serialization/pkcs12.py",
    "cryptography/hazmat/primitives/serialization/pkcs7.py",
    "cryptography/hazmat/primitives/twofactor",
    "flask/testing.py",
    "jwt/help.py",
    "jinja2/ext.py",
    "jinja2/meta.py",
    "jinja2/nativetypes.py",
    "jinja2/sandbox.py",
    "segno/cli.py",
    "segno/helpers.py",
    # Tables for the compiler of time zones, and for choosing one by country.
    "tzdata/zoneinfo/iso3166.tab",
    "tzdata/zoneinfo/leapseconds",
    "tzdata/zoneinfo/tzdata.zi",
    "tzdata/zoneinfo/zone.tab",
    "tzdata/zoneinfo/zone1970.tab",
    "tzdata/zoneinfo/zonenow.tab",
    "werkzeug/_reloader.py",
    "werkzeug/testapp.py",
)
_SUFFIXES_LEFT_OUT = (".pyi", ".pyx", ".pxd", ".h", ".c", ".rst")


def build_bundle(
    runtime: str,
    architecture: str,
    *,
    repository: Path = REPOSITORY,
    cache: Path = CACHE,
) -> Path:
    """Build the bundle for a Lambda runtime (`python3.13`) and architecture (`arm64`, `x86_64`).

    Return the path of the zip archive. Raises BuildError.
    """
    source = repository / "api"
    requirements = source / "requirements.txt"
    files = files_under(source, without=_NOT_SHIPPED)
    tools = [
        *files_under(_PACKER, without=("node_modules",)),
        Path(__file__),
        Path(attestation.__file__),
        Path(stripping.__file__),
    ]
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
        run(
            [*command, content, made, _ROOT, *_DOCUMENTED],
            doing="Packing the function's bundle",
            cwd=_PACKER,
        )
        size = made.stat().st_size
        if size > LARGEST:
            raise BuildError(f"{doing} failed: it has {size:,} bytes. The limit is {LARGEST:,}.")
        made.replace(archive)
    keep_only(archive, f"function-{runtime}-{architecture}-*.zip")
    return archive


def host_target() -> tuple[str, str]:
    """Return the runtime and architecture whose bundles this interpreter can load."""
    machine = platform.machine().lower()
    return (
        "python{}.{}".format(*sys.version_info[:2]),
        "arm64" if machine in ("aarch64", "arm64") else "x86_64",
    )


def _install(requirements: Path, folder: Path, runtime: str, architecture: str) -> None:
    """Install the locked packages as wheels for the functions' platform.

    The lock file must not have markers for the Python version or the platform, because pip
    evaluates them for the interpreter that runs it. The C library of Python 3.11's runtime is too
    old for `manylinux_2_28`, which only cbor2 needs, and only for passkeys.
    """
    machine = _MACHINES[architecture]
    pip_install(
        requirements,
        folder,
        *("--implementation", "cp", "--python-version", runtime.removeprefix("python")),
        *("--platform", f"manylinux2014_{machine}", "--platform", f"manylinux_2_28_{machine}"),
        doing="Fetching the function's packages",
    )
    names = (*_FOLDERS_LEFT_OUT, *_UNUSED)
    for left_out in (*(folder / name for name in names), *folder.glob("*.dist-info")):
        if left_out.is_dir():
            shutil.rmtree(left_out)
        else:
            left_out.unlink(missing_ok=True)
    attestation.leave_out_attestation(folder)
    for path in sorted(folder.rglob("*")):
        if path.suffix in _SUFFIXES_LEFT_OUT:
            path.unlink()
        elif path.suffix == ".so":
            stripping.strip(path)


def packer(runtime: str, cache: Path) -> list[str | Path]:
    """Return the command that packs a bundle for a runtime. Raises BuildError.

    Its arguments are the folder, the archive to write, the path where that is unpacked, and what
    keeps its docstrings.
    """
    if runtime == _PACKER_VERSION:
        node = find_node(cache)
        node.install(_PACKER)
        return [*node.node, _PACKER / "pack.mjs", runtime]
    if runtime == host_target()[0]:
        return [sys.executable, "-I", _PACKER / "pack.py"]
    raise BuildError(
        f"Packing the function's bundle failed: only {runtime} can compile bytecode for {runtime}. "
        f"Run Pulumi with it, or set runtime to {_PACKER_VERSION}."
    )
