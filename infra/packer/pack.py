"""Compile a folder and pack it into a zip archive. The same files give the same bytes.

Run it with the Python version of the function: `python -I pack.py FOLDER ARCHIVE ROOT
DOCUMENTED...`, or in WebAssembly with pack.mjs. ROOT is the path where the archive is unpacked, for
tracebacks. The modules and folders DOCUMENTED keep their docstrings.
"""

import ast
import importlib.util
import marshal
import os
import sys
import zipfile
from types import CodeType

# The earliest time of a zip archive. The files' own times differ between machines.
_TIME = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o100644 << 16
_EXECUTABLE = 0o100755 << 16
_UNIX = 3
# PEP 552: such bytecode does not depend on the files' times, and is not compared with a source.
_UNCHECKED_HASH = (0b01).to_bytes(4, "little")


def pack(folder: str, archive: str, root: str, *documented: str) -> None:
    """Write `archive` with the files of `folder` and, in place of modules, their bytecode.

    Assertions stay, which `python -OO` would remove. Raises SyntaxError and OSError.
    """
    with_docstrings = tuple(name if name.endswith(".py") else f"{name}/" for name in documented)
    for name in _files(folder):
        if name.endswith(".py"):
            path = os.path.join(folder, name)
            _compile(path, f"{root}/{name}", name.startswith(with_docstrings))
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for name in _files(folder):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = _UNIX
            with open(os.path.join(folder, name), "rb") as source:
                content = source.read()
            entry.external_attr = _EXECUTABLE if _is_script(name, content) else _READABLE
            target.writestr(entry, content, compresslevel=9)


def _is_script(name: str, content: bytes) -> bool:
    """Return whether a file is a program of its own. The files' own modes differ by machine."""
    return "." not in os.path.basename(name) and content.startswith(b"#!")


def _compile(path: str, place: str, is_documented: bool) -> None:
    """Replace a module by its bytecode. Python imports `module.pyc` if there is no source."""
    with open(path, "rb") as file:
        source = file.read()
    tree = ast.parse(source, place)
    if not is_documented:
        _remove_docstrings(tree)
    code: CodeType = compile(tree, place, "exec", dont_inherit=True, optimize=0)
    with open(f"{path}c", "wb") as file:
        file.write(importlib.util.MAGIC_NUMBER + _UNCHECKED_HASH)
        file.write(importlib.util.source_hash(source) + marshal.dumps(code))
    os.remove(path)


def _remove_docstrings(tree: ast.Module) -> None:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            rest = node.body[1:]
            node.body = rest or [ast.copy_location(ast.Pass(), node.body[0])]


def _files(folder: str) -> list[str]:
    """Return the paths of all files relative to the folder, with `/`, sorted."""
    found = []
    for place, _, names in os.walk(folder):
        found += [os.path.relpath(os.path.join(place, name), folder) for name in names]
    return sorted(name.replace(os.sep, "/") for name in found)


if __name__ == "__main__":
    pack(*sys.argv[1:])
