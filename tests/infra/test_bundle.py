"""The function's bundle: reproducible bytes, its content, and that it runs alone."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from infra import bundle
from infra.building import CACHE, BuildError
from tests.infra.program import ROOT
from tests.support.openapi import DOCUMENT

DEPLOYED = ("python3.13", "arm64")
HERE = bundle.host_target()
MAGIC = {"python3.13": (3571).to_bytes(2, "little") + b"\r\n", HERE[0]: importlib.util.MAGIC_NUMBER}


@pytest.fixture(scope="module", params=[DEPLOYED, HERE], ids="-".join)
def target(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The default target, and the target of this machine."""
    target: tuple[str, str] = request.param
    return target


@pytest.fixture(scope="module")
def archive(target: tuple[str, str]) -> Path:
    """The bundle for the target."""
    return bundle.build_bundle(*target)


def copy_of_the_inputs(folder: Path) -> Path:
    """Copy the inputs to another folder, with other file times and permissions."""
    shutil.copytree(ROOT / "api", folder / "api", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (folder / "api").rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o700)
    return folder


def test_it_is_the_same_byte_for_byte_wherever_and_whenever_it_is_made(
    target: tuple[str, str], archive: Path, tmp_path: Path
) -> None:
    copy = copy_of_the_inputs(tmp_path / "elsewhere")
    code = (
        "import sys; from pathlib import Path; from infra import bundle; print(bundle.build_bundle("
        "*sys.argv[1:3], repository=Path(sys.argv[3]), cache=Path(sys.argv[4])))"
    )
    done = subprocess.run(
        ["sh", "-c", 'umask 077; exec "$@"', "sh", sys.executable, "-c", code, *target, copy,
         tmp_path / "cache"],
        cwd=ROOT, env={**os.environ, "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    again = Path(done.stdout.strip())
    assert again != archive and again.name == archive.name
    assert again.read_bytes() == archive.read_bytes()


def test_it_is_rebuilt_only_when_an_input_changed(archive: Path, target: tuple[str, str]) -> None:
    before = archive.stat()
    assert bundle.build_bundle(*target) == archive
    assert archive.stat().st_mtime_ns == before.st_mtime_ns


def test_a_changed_input_makes_a_new_bundle_that_replaces_the_old_one(tmp_path: Path) -> None:
    copy = copy_of_the_inputs(tmp_path / "copy")
    cache = tmp_path / "cache"
    built = bundle.build_bundle(*HERE)
    first = cache / "bundle" / built.name
    first.parent.mkdir(parents=True)
    shutil.copy(built, first)
    assert bundle.build_bundle(*HERE, repository=copy, cache=cache) == first
    (copy / "api" / "new.py").write_text("NEW = 1\n")
    second = bundle.build_bundle(*HERE, repository=copy, cache=cache)
    assert second != first
    assert [path.name for path in (cache / "bundle").iterdir()] == [second.name]
    assert "api/new.pyc" in zipfile.ZipFile(second).namelist()


def test_it_has_at_most_9_megabytes(archive: Path) -> None:
    assert archive.stat().st_size <= 9_000_000


def test_every_module_has_bytecode_that_is_never_compared_with_its_source(
    archive: Path, target: tuple[str, str]
) -> None:
    with zipfile.ZipFile(archive) as content:
        names = content.namelist()
        compiled = {name for name in names if name.endswith(".pyc")}
        assert len(compiled) > 400
        for name in compiled:
            magic, flags = struct.unpack("<4sI", content.read(name)[:8])
            assert magic == MAGIC[target[0]], name
            # PEP 552: unchecked hash.
            assert flags == 0b01, name
    # Without sources. Python imports `module.pyc` then, but not from __pycache__.
    assert not [name for name in names if name.endswith(".py") or "/__pycache__/" in name]
    assert {"api/wsgi.pyc", "flask/app.pyc", "serverless_wsgi.pyc"} < compiled


def test_only_what_the_api_document_shows_has_docstrings(tmp_path: Path) -> None:
    module = (
        '"""About."""\nfrom __future__ import annotations\nclass A:\n    """A\n    b.\n    """\n'
    )
    module += '    def f(self):\n        "F"\n        assert self is None\n'
    for name in ("shown", "other"):
        (tmp_path / "content" / name).mkdir(parents=True)
        (tmp_path / "content" / name / "__init__.py").write_text(module)
    command = [*bundle.packer(HERE[0], CACHE), tmp_path / "content", tmp_path / "a.zip"]
    subprocess.run([*command, "/var/task", "shown"], check=True)
    code = (
        "import sys, importlib, traceback; sys.path.insert(0, sys.argv[1])\n"
        "for name in ('shown', 'other'):\n"
        "    module = importlib.import_module(name)\n"
        "    print(module.__doc__, (module.A.__doc__ or '').split(), module.A.f.__doc__)\n"
        "    try: module.A().f()\n"
        "    except AssertionError: print(traceback.format_exc().splitlines()[-2].strip())\n"
    )
    seen = subprocess.run(
        [sys.executable, "-I", "-c", code, tmp_path / "a.zip"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert seen.stdout.splitlines() == [
        "About. ['A', 'b.'] F", 'File "/var/task/shown/__init__.py", line 9, in f',
        "None [] None", 'File "/var/task/other/__init__.py", line 9, in f',
    ]  # fmt: skip


def test_a_module_that_cannot_be_compiled_is_named(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "broken.py").write_text("this is no Python\n")
    command = [*bundle.packer(DEPLOYED[0], CACHE), tmp_path / "content", tmp_path / "a.zip"]
    done = subprocess.run([*command, "/var/task"], capture_output=True, text=True)
    assert done.returncode == 1 and 'File "/var/task/broken.py", line 1' in done.stderr
    assert len(done.stderr) < 3_000


def test_compiled_modules_are_for_the_function_s_machine(
    archive: Path, target: tuple[str, str]
) -> None:
    machine = {"arm64": 183, "x86_64": 62}[target[1]]  # elf.h: EM_AARCH64, EM_X86_64
    version = target[0].replace("python", "").replace(".", "")
    with zipfile.ZipFile(archive) as content:
        libraries = [name for name in content.namelist() if name.endswith(".so")]
        assert len(libraries) > 3
        for name in libraries:
            library = content.read(name)
            assert library[:4] == b"\x7fELF", name
            assert struct.unpack("<H", library[18:20]) == (machine,), name
            assert f"cpython-{version}-" in name or "abi3" in name, name
            # Without sections, which only debuggers read (e_shoff; their names).
            assert struct.unpack("<Q", library[40:48]) == (0,), name
            assert b"\0.shstrtab\0" not in library, name


def test_the_bundle_contains_only_what_the_function_needs(archive: Path) -> None:
    with zipfile.ZipFile(archive) as content:
        names = content.namelist()
        assert names == sorted(names)
        for name in names:
            assert not re.match(
                r"(api/cli/|api/local/|api/websocket/|api/__main__|tests/|bench/|bin/)", name
            ), name
            assert not re.search(r"\.dist-info/|\.pyi$|requirements|gunicorn|pulumi", name), name
            assert not any(
                trace in content.read(name) for trace in (str(ROOT).encode(), b"/part-")
            ), name
        assert "api/providers.json" in names


def test_its_files_can_be_read_by_every_user(archive: Path) -> None:
    with zipfile.ZipFile(archive) as content:
        modes = {entry.filename: entry.external_attr >> 16 for entry in content.infolist()}
        times = {entry.date_time for entry in content.infolist()}
    # Lambda executes the wrapper.
    assert modes.pop("api/aws_lambda/streaming_wrapper") == 0o100755
    assert set(modes.values()) == {0o100644} and len(times) == 1


PROGRAM = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from api.aws_lambda.handler import handler
answers = [handler(event, None) for event in json.load(sys.stdin)]
files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
print(json.dumps({
    "answers": [[answer["statusCode"], answer["body"]] for answer in answers],
    "foreign": [file for file in files if file and not file.startswith(tuple(sys.path))],
    "path": sys.path[1:],
}))
"""


def test_its_handler_runs_from_the_unpacked_bundle_alone(tmp_path: Path, database: str) -> None:
    """Sign up (Argon2id), store a key (Fernet) and show the docs in a clean interpreter."""
    from tests.support.clients import event
    from tests.support.engines import new_table

    zipfile.ZipFile(bundle.build_bundle(*HERE)).extractall(tmp_path)
    new_table(database, "bundle")
    body = {"username": "ada", "email": "a@example.com", "password": "correct horse battery"}
    events = [
        event("GET", "/api/status", [], None),
        event(
            "POST", "/api/auth/register", [("Content-Type", "application/json")],
            json.dumps(body).encode(),
        ),
        event("GET", "/api/docs", [], None),
        event("GET", "/api/openapi.json", [], None),
        event("GET", "/proxy/openai/v1/models", [], None),
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", PROGRAM, str(tmp_path)],
        input=json.dumps(events),
        cwd=tmp_path,
        env={
            "AWS_LAMBDA_FUNCTION_NAME": "api-dashboard",
            "AWS_ENDPOINT_URL_DYNAMODB": database,
            "DYNAMODB_TABLE": "bundle",
            "JWT_SECRET_KEY": os.urandom(32).hex(),
            "FERNET_KEYS": Fernet.generate_key().decode(),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert [status for status, _ in seen["answers"]] == [200, 201, 200, 200, 401], seen["answers"]
    document, own = json.loads(seen["answers"][3][1]), json.loads(json.dumps(DOCUMENT))
    assert (document["paths"], document["components"]) == (own["paths"], own["components"])
    assert seen["foreign"] == [] and not any("site-packages" in path for path in seen["path"])


def test_the_lock_has_no_markers_that_depend_on_this_machine() -> None:
    lock = (ROOT / "api" / "requirements.txt").read_text()
    markers = set(re.findall(r"; (.*?) ?\\?$", lock, re.MULTILINE))
    names = {name for marker in markers for name in re.findall(r"[a-z_]+(?= [!=<>])", marker)}
    assert names == {"platform_python_implementation", "implementation_name"}


def test_a_python_that_is_not_installed_is_refused(tmp_path: Path) -> None:
    other = next(name for name in ("python3.12", "python3.14") if name != HERE[0])
    with pytest.raises(BuildError, match=f"only {other} can compile bytecode"):
        bundle.build_bundle(other, "arm64", cache=tmp_path)
    assert not (tmp_path / "bundle").exists()


def test_no_registry_is_one_clear_error_and_leaves_nothing_behind(
    tmp_path: Path, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{closed_port}/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    with pytest.raises(BuildError, match="the package registry does not respond"):
        bundle.build_bundle(*HERE, cache=tmp_path)
    assert list((tmp_path / "bundle").iterdir()) == []
