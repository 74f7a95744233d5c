"""The streaming function as a process that Lambda starts with the wrapper."""

from __future__ import annotations

import os
import re
import secrets
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.accounts import Account
from tests.support.runtime_api import RuntimeApi
from tests.support.streaming_function import WRAPPER, StreamingFunction, started
from tests.support.upstream import Answer, Place, Upstream

LARGEST = 200 * 1024 * 1024
PIECE = 65_536


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The file of the function's log."""
    return tmp_path / "log"


@pytest.fixture
def process(environment: dict[str, str], log: Path) -> Iterator[tuple[StreamingFunction, int]]:
    """The function, and its process id."""
    with RuntimeApi() as api, log.open("wb") as file, started(environment, api, file) as running:
        yield StreamingFunction(api), running.pid


def most_memory(process_id: int) -> int:
    """Return the most resident memory that a process has had, in bytes."""
    status = Path(f"/proc/{process_id}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def test_the_wrapper_is_executable() -> None:
    assert stat.S_IMODE(WRAPPER.stat().st_mode) == 0o755


def test_200_mb_need_less_than_20_mb_of_memory(
    process: tuple[StreamingFunction, int], place: Place, token: str
) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("reads the memory of a process in /proc")
    function, process_id = process
    assert function.call("GET", "/proxy/test/x", token=token).status == 200
    before = most_memory(process_id)
    place.answer(Answer(200, [], pieces=lambda: (b"x" * PIECE for _ in range(LARGEST // PIECE))))
    invocation = function.call("GET", "/proxy/test/large", token=token)
    assert sum(len(piece.data) for piece in invocation.pieces()) == LARGEST
    assert invocation.error is None
    assert most_memory(process_id) - before < 20 * 1024 * 1024


def test_a_kill_in_the_middle_of_a_call_loses_no_record_of_a_finished_one(
    environment: dict[str, str],
    process: tuple[StreamingFunction, int],
    user: Account,
    place: Place,
    token: str,
    tmp_path: Path,
    over: threading.Event,
) -> None:
    function, process_id = process
    sent = [b"one", b"two"]
    place.answer(Answer(200, [], pieces=lambda: iter(sent)))
    assert function.call("GET", "/proxy/test/finished", token=token).read() == b"onetwo"

    def stuck() -> Iterator[bytes]:
        yield b"x"
        over.wait(30)

    place.answer(Answer(200, [], pieces=stuck))
    killed = function.call("GET", "/proxy/test/killed", token=token)
    assert next(killed.pieces()).data == b"x"
    os.kill(process_id, signal.SIGKILL)
    assert killed.ended.wait(30) and killed.breach is not None
    entry = user.call("GET", "/api/requests").json["items"][0]
    assert (entry["path"], entry["bytes_out"]) == ("/finished", 6)
    place.answer(Answer(200, [], b"again"))
    again = tmp_path / "again"
    with again.open("wb") as file, RuntimeApi() as api, started(environment, api, file):
        invocation = StreamingFunction(api).call("GET", "/proxy/test/x", token=token)
        assert invocation.read() == b"again"


SECRET = secrets.token_hex(15)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"JWT_SECRET_KEY": ""}, "JWT_SECRET_KEY is missing"),
        ({"FERNET_KEYS": SECRET}, "FERNET_KEYS is not valid at position 1"),
        ({"API_DASHBOARD_MAX_KEYS": "x"}, "API_DASHBOARD_MAX_KEYS"),
    ],
)
def test_a_function_that_cannot_start_says_why(
    environment: dict[str, str], log: Path, changes: dict[str, str], message: str
) -> None:
    changed = {**environment, **changes}
    with RuntimeApi() as api, log.open("wb") as file, started(changed, api, file) as running:
        assert running.wait(30) == 1
        assert api.init_error is not None
        said = str(api.init_error.body)
        assert message in said and "Traceback" not in said and ".py" not in said
        assert api.init_error.body["stackTrace"] == []
        assert not any(value in said for value in changes.values() if len(value) >= 10)


def test_s38_a_parameter_store_that_refuses_is_an_error_at_start(
    environment: dict[str, str], log: Path
) -> None:
    parameter_store = Upstream()
    denied = b'{"__type": "AccessDeniedException", "message": "not authorized"}'
    parameter_store.root().answer(
        Answer(400, [("Content-Type", "application/x-amz-json-1.1")], denied)
    )
    changed = {
        **environment,
        "JWT_SECRET_PARAMETER": "/stack/jwt",
        "AWS_ENDPOINT_URL_SSM": f"http://127.0.0.1:{parameter_store.port}",
    }
    with RuntimeApi() as api, log.open("wb") as file, started(changed, api, file) as running:
        assert running.wait(30) == 1
        assert api.init_error is not None
        assert len(api.init_error.body["errorMessage"]) > 20
        assert ".py" not in str(api.init_error.body)
    parameter_store.close()


def test_without_a_runtime_api_it_says_what_is_missing(
    environment: dict[str, str], log: Path
) -> None:
    api = RuntimeApi()
    api.close()
    api.address = ""
    with log.open("wb") as file, started(environment, api, file) as running:
        assert running.wait(30) == 1
    assert "AWS_LAMBDA_RUNTIME_API" in log.read_text() and "Traceback" not in log.read_text()


def test_it_loads_neither_flask_nor_other_parts_of_the_web_api(
    environment: dict[str, str], log: Path, place: Place, token: str
) -> None:
    verbose = {**environment, "PYTHONVERBOSE": "1"}
    with RuntimeApi() as api, log.open("wb") as file, started(verbose, api, file):
        function = StreamingFunction(api)
        assert function.call("GET", "/proxy/test/x", token=token).read() == b'{"ok": true}'
    loaded = set(re.findall(r"^import '([^']+)'", log.read_text(), re.MULTILINE))
    unwanted = (
        "flask", "werkzeug", "serverless_wsgi", "jwt", "api.routes", "api.app", "boto",
        "OpenSSL", "cbor2", "pyotp", "segno", "webauthn",
    )  # fmt: skip
    assert "api.wsgi" in loaded
    assert [name for name in loaded if name.startswith(unwanted)] == []
