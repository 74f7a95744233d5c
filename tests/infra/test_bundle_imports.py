"""What the function's bundle leaves out is imported by nothing that the function calls."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

from infra import bundle

# Import every module, then list the functions that import an absent module of a bundled package.
PROGRAM = """
import dis, importlib, importlib.util, json, marshal, sys, types
from pathlib import Path
root = Path(sys.argv[1])
sys.path.insert(0, str(root))

def functions(code, name):
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield f"{name}.{inner.co_name}", inner
            yield from functions(inner, f"{name}.{inner.co_name}")

def imported(code, package):
    instructions = list(dis.get_instructions(code))
    for level, _, instruction in zip(instructions, instructions[1:], instructions[2:]):
        if instruction.opname == "IMPORT_NAME":
            dots = "." * (level.argval or 0)
            yield importlib.util.resolve_name(dots + instruction.argval, package)

modules = {}
for path in root.rglob("*.pyc"):
    parts = path.relative_to(root).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    parts = parts[:-1] if is_package else parts
    if parts[-1] != "__main__":
        modules[".".join(parts)] = ".".join(parts if is_package else parts[:-1])
found = set()
for module, package in sorted(modules.items()):
    importlib.import_module(module)
    place = root.joinpath(*module.split("."))
    place = place / "__init__" if module == package else place
    path = place.with_suffix(".pyc")
    for name, code in functions(marshal.loads(path.read_bytes()[16:]), module):
        for target in imported(code, package):
            bundled = target.partition(".")[0] in {name.partition(".")[0] for name in modules}
            if bundled and target not in modules and target not in sys.modules:
                found.add((name, target))
print(json.dumps(sorted(found)))
"""


def test_every_module_imports_without_what_is_left_out_and_only_unused_functions_need_it(
    tmp_path: Path,
) -> None:
    zipfile.ZipFile(bundle.build_bundle(*bundle.host_target())).extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", PROGRAM, tmp_path], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    by_module: dict[str, set[str]] = {}
    for function, module in json.loads(done.stdout):
        by_module.setdefault(module, set()).add(function)
    terminal = ("edit", "get_pager_file", "getchar", "launch", "progressbar", "raw_terminal")
    tests_of_flask = ("test_cli_runner", "test_client", "test_request_context")
    serving = "werkzeug.serving"
    assert by_module == {
        # WebSockets, which only the server on one machine relays.
        "api.proxy.websocket_credential": {"api.proxy.caller_request.request_for_key"},
        "api.wiring.websockets": {"api.wiring._websockets"},
        # Command lines.
        "click._termui_impl": {f"click.termui.{name}" for name in terminal},
        # Flask's helpers for tests.
        "flask.testing": {f"flask.app.Flask.{name}" for name in tests_of_flask},
        # The development server.
        "werkzeug._reloader": {f"{serving}.run_simple"},
        "werkzeug.debug": {f"{serving}.run_simple"},
        "werkzeug.debug.tbtools": {f"{serving}.WSGIRequestHandler.run_wsgi"},
        "werkzeug.middleware.shared_data": {f"{serving}.run_simple"},
    }
