"""The function's loop under AWS's own Runtime Interface Emulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.product.proxy.hostile import OK, sending
from tests.support.accounts import Account
from tests.support.clients import LambdaClient
from tests.support.function_processes import unpack_bundle
from tests.support.function_url import url_event
from tests.support.runtime_emulator import EMULATOR, RuntimeEmulator
from tests.support.upstream import Answer, Place

pytestmark = pytest.mark.skipif(EMULATOR is None, reason="aws-lambda-rie is not on the PATH")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack_bundle(tmp_path_factory.mktemp("emulator"))


@pytest.fixture(scope="module")
def emulator(
    bundle: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RuntimeEmulator]:
    made = RuntimeEmulator(bundle, environment, tmp_path_factory.mktemp("log") / "log")
    yield made
    made.close()


@pytest.fixture
def token(function: LambdaClient, place: Place) -> str:
    account = Account(function)
    account.key(place)
    return account.token(["test"])


def call(emulator: RuntimeEmulator, token: str, method: str = "GET", body: bytes = b"") -> bytes:
    event = url_event(method, "/proxy/test/a%2Fb", [("Authorization", f"Bearer {token}")], body)
    prelude, data = emulator.respond(event)
    assert prelude["statusCode"] == 200, data
    return data


def test_the_function_starts_and_answers_one_event_after_another(
    emulator: RuntimeEmulator, place: Place, token: str
) -> None:
    binary = bytes(range(256)) * 40
    place.answer(Answer(200, pieces=lambda: [b"first ", b"second ", binary]))
    for number in range(3):
        assert call(emulator, token, "POST", binary) == b"first second " + binary
        assert len(place.received) == number + 1
    assert place.path() == "/a%2Fb" and place.last.body == binary


def test_a_stream_that_breaks_off_is_an_error_and_the_next_call_works(
    emulator: RuntimeEmulator, place: Place, token: str
) -> None:
    """The emulator keeps what has arrived, and does not return the trailers."""
    place.behaviour = sending(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n9\r\nbro")
    event = url_event("GET", "/proxy/test/x", [("Authorization", f"Bearer {token}")], b"")
    prelude, body = emulator.respond(event)
    assert prelude["statusCode"] == 502 or b"firstbro".startswith(body)
    place.answer(Answer(200, [], b"good"))
    assert call(emulator, token) == b"good"


def test_an_event_of_unknown_shape_is_reported_as_an_error(
    emulator: RuntimeEmulator, place: Place, token: str
) -> None:
    status, body = emulator.invoke(b'{"task": "something"}')
    assert json.loads(body)["errorType"] == "UnknownEvent", (status, body)
    place.answer(Answer(200, [], b"good"))
    assert call(emulator, token) == b"good"


def test_a_function_that_cannot_start_says_why(
    bundle: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    settings = {**environment, "FERNET_KEYS": "not a key"}
    emulator = RuntimeEmulator(bundle, settings, tmp_path / "log")
    try:
        status, body = emulator.invoke(b"{}")
    finally:
        emulator.close()
    assert b"FERNET_KEYS is not valid" in body, (status, body)
