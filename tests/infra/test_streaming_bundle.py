"""The streaming function in the bundle: its wrapper, and what its process loads."""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from infra import bundle
from tests.support.accounts import Account
from tests.support.clients import LambdaClient
from tests.support.function_processes import WRAPPER, FunctionProcess, unpack_bundle
from tests.support.function_url import url_event
from tests.support.upstream import Place

# What only /api and operators' commands need.
_HEAVY = {
    "argon2", "boto3", "botocore", "cbor2", "click", "flask", "flask_jwt_extended", "jinja2", "jwt",
    "pyotp", "segno", "serverless_wsgi", "webauthn", "werkzeug",
}  # fmt: skip
_IMPORTED = re.compile(rb"import time: .*\| +([\w.]+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked bundle."""
    return unpack_bundle(tmp_path_factory.mktemp("task"))


def test_the_wrapper_becomes_the_interpreter_that_lambda_passes_to_it(
    task: Path, tmp_path: Path
) -> None:
    interpreter = tmp_path / "python"
    interpreter.write_text('#!/bin/sh\nprintf "%s\\n" "$$" "$PWD" "$@"\n')
    interpreter.chmod(0o755)
    process = subprocess.Popen(
        [task / WRAPPER, interpreter, "/var/runtime/bootstrap.py"],
        stdout=subprocess.PIPE, text=True, cwd=tmp_path, env={},
    )  # fmt: skip
    output, _ = process.communicate(timeout=30)
    assert output.splitlines() == [str(process.pid), str(task), "-m", "api.aws_lambda.streaming"]


def test_both_packers_write_the_same_files_with_the_same_modes() -> None:
    found = []
    for target in (("python3.13", "arm64"), bundle.host_target()):
        with zipfile.ZipFile(bundle.build_bundle(*target)) as archive:
            found.append(
                {
                    entry.filename.replace(target[0].replace("python3.", "-3"), ""): (
                        entry.external_attr
                    )
                    for entry in archive.infolist()
                    if entry.filename.startswith("api/")
                }
            )
    deployed, here = found
    assert WRAPPER in deployed
    assert deployed == here


def test_a_proxied_call_loads_nothing_that_only_the_api_needs(
    task: Path, environment: dict[str, str], function: LambdaClient, place: Place, tmp_path: Path
) -> None:
    account = Account(function)
    account.key(place)
    fields = [("Authorization", f"Bearer {account.token(['test'])}")]
    log = tmp_path / "log"
    process = FunctionProcess(task, {**environment, "PYTHONPROFILEIMPORTTIME": "1"}, log)
    try:
        for target, status in (("/proxy/test/x", 200), ("/proxy/none/x", 403), ("/api", 404)):
            event = json.dumps(url_event("GET", target, fields)).encode()
            invocation = process.invoke(event)
            assert (invocation.status, bool(invocation.read())) == (status, True)
    finally:
        process.close()
    loaded = {name.decode().partition(".")[0] for name in _IMPORTED.findall(log.read_bytes())}
    assert "api" in loaded and "msgspec" in loaded
    assert not loaded & _HEAVY
