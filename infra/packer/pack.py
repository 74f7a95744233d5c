"""Compile a folder and pack it into a zip archive. The same files give the same bytes.

Run it with the Python version of the function: `python -I pack.py FOLDER ARCHIVE ROOT`, or in
WebAssembly with pack.mjs. ROOT is the path where the archive is unpacked, for tracebacks.
"""

import importlib.util
import os
import py_compile
import sys
import zipfile

# The earliest time of a zip archive. The files' own times differ between machines.
_TIME = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o100644 << 16
_UNIX = 3


def pack(folder: str, archive: str, root: str) -> None:
    """Write `archive` with the files of `folder` and their bytecode.

    The bytecode is `unchecked-hash` (PEP 552): it does not depend on the files' times, and imports
    do not compare it with the source. Raises py_compile.PyCompileError and OSError.
    """
    _compile(folder, root)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for name in _files(folder):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = _UNIX
            entry.external_attr = _READABLE
            with open(os.path.join(folder, name), "rb") as source:
                target.writestr(entry, source.read(), compresslevel=9)


def _compile(folder: str, root: str) -> None:
    for name in _files(folder):
        if name.endswith(".py"):
            py_compile.compile(
                os.path.join(folder, name),
                cfile=importlib.util.cache_from_source(os.path.join(folder, name)),
                dfile=f"{root}/{name}",
                doraise=True,
                optimize=-1,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )


def _files(folder: str) -> list[str]:
    """Return the paths of all files relative to the folder, with `/`, sorted."""
    found = []
    for place, _, names in os.walk(folder):
        found += [os.path.relpath(os.path.join(place, name), folder) for name in names]
    return sorted(name.replace(os.sep, "/") for name in found)


if __name__ == "__main__":
    pack(*sys.argv[1:])
