"""Credentials of boto3's default chain, which the server renews while it calls AWS."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.aws.json_client import JsonClient
from api.aws.sigv4 import Credentials, CredentialSource, Signer
from api.errors import StartError
from api.http.pool import ConnectionPool, TlsContexts
from api.local.aws_credentials import (
    ChainCredentials,
    Renewal,
    SharedCredentials,
    chain_credentials,
    is_remote,
)
from api.secret import Secret
from api.settings import Settings
from tests.support.engines import dynoxide
from tests.support.logged import logged

AWS = "https://dynamodb.us-east-2.amazonaws.com"
FAR = "2099-01-01T00:00:00Z"
# Prints credentials whose number rises with each run, and whose end is the text of a file.
PROCESS = """
import json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
runs = folder / "runs"
number = len(runs.read_text()) + 1 if runs.exists() else 1
runs.write_text("x" * number)
print(json.dumps({
    "Version": 1,
    "AccessKeyId": f"AKID{number}",
    "SecretAccessKey": f"secret{number}",
    "SessionToken": f"token{number}",
    "Expiration": (folder / "end").read_text(),
}))
"""


@pytest.fixture(autouse=True)
def no_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def soon() -> str:
    return (datetime.now(UTC) + timedelta(seconds=60)).strftime("%Y-%m-%dT%H:%M:%SZ")


def set_process(folder: Path, end: str) -> None:
    (folder / "process.py").write_text(PROCESS)
    (folder / "end").write_text(end)
    command = f"{sys.executable} {folder / 'process.py'} {folder}"
    (folder / "config").write_text(f"[default]\ncredential_process = {command}\n")


def texts(credentials: Credentials) -> tuple[str, str, str | None]:
    token = credentials.session_token
    secret = credentials.secret_access_key.reveal()
    return credentials.access_key_id, secret, token.reveal() if token else None


def found(settings: Settings) -> CredentialSource:
    result = chain_credentials(settings)
    assert result is not None
    return result[0]


def test_credentials_of_a_process_are_renewed_before_they_end(tmp_path: Path) -> None:
    set_process(tmp_path, soon())
    chain = ChainCredentials()
    first = chain.read()
    assert first is not None
    shared = SharedCredentials(first)
    signer = Signer(shared, "us-east-2", "dynamodb", "localhost")
    headers = dict(signer.headers("T", b"{}", 1_000_000.0))
    assert "Credential=AKID" in headers["Authorization"]
    before = headers["X-Amz-Security-Token"]

    (tmp_path / "end").write_text(FAR)
    Renewal(chain, shared).run()

    headers = dict(signer.headers("T", b"{}", 1_000_001.0))
    assert headers["X-Amz-Security-Token"] != before
    assert f"Credential={shared().access_key_id}/" in headers["Authorization"]
    fresh = Signer(shared(), "us-east-2", "dynamodb", "localhost")
    assert dict(fresh.headers("T", b"{}", 1_000_001.0)) == headers
    runs = (tmp_path / "runs").read_text()
    Renewal(chain, shared).run()
    assert (tmp_path / "runs").read_text() == runs  # they last long enough now


def test_calls_go_on_while_credentials_are_renewed(tmp_path: Path) -> None:
    set_process(tmp_path, soon())
    chain = ChainCredentials()
    first = chain.read()
    assert first is not None
    shared = SharedCredentials(first)
    with dynoxide() as endpoint:
        client = JsonClient(
            ConnectionPool(TlsContexts()),
            shared,
            service="dynamodb",
            region="us-east-2",
            endpoint=endpoint,
            target="DynamoDB_20120810",
            content_type="application/x-amz-json-1.0",
            patience=60.0,
        )
        for _ in range(5):
            Renewal(chain, shared).run()
            assert client.call("ListTables", {}) == {"TableNames": []}
    assert len((tmp_path / "runs").read_text()) >= 6


def test_a_renewal_reaches_forked_processes() -> None:
    shared = SharedCredentials(Credentials("first", Secret("s"), Secret("t")))
    assert shared().access_key_id == "first"
    child = os.fork()
    if child == 0:
        shared.set(Credentials("second", Secret("s2")))
        os._exit(0)
    os.waitpid(child, 0)
    assert texts(shared()) == ("second", "s2", None)


def test_a_slot_that_is_being_written_is_not_used() -> None:
    shared = SharedCredentials(Credentials("first", Secret("s")))
    assert shared().access_key_id == "first"
    shared.set(Credentials("second", Secret("s")))
    start = 1 + shared._memory[0] * 16_384
    shared._memory[start + 12 : start + 14] = b"??"
    assert shared().access_key_id == "first"


def test_a_failed_renewal_is_logged_and_keeps_the_credentials(tmp_path: Path) -> None:
    set_process(tmp_path, soon())
    chain = ChainCredentials()
    first = chain.read()
    assert first is not None
    shared = SharedCredentials(first)
    (tmp_path / "process.py").write_text("raise SystemExit('the session has expired')")
    with logged() as events:
        Renewal(chain, shared).run()
    assert shared().access_key_id == first.access_key_id
    assert [event["event"] for event in events()] == ["aws_credentials_not_renewed"]


def test_another_program_can_renew_temporary_keys_in_their_file(tmp_path: Path) -> None:
    keys = "[default]\naws_access_key_id = {0}\naws_secret_access_key = s\naws_session_token = t\n"
    (tmp_path / "credentials").write_text(keys.format("one"))
    chain = ChainCredentials()
    (tmp_path / "credentials").write_text(keys.format("two"))
    renewed = chain.renew()
    assert renewed is not None and renewed.access_key_id == "two"


def test_long_lived_keys_of_a_profile_are_used_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "[profile work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = s\n"
    (tmp_path / "config").write_text(text)
    monkeypatch.setenv("AWS_PROFILE", "work")
    assert texts(found(Settings(dynamodb_endpoint=AWS))()) == ("AKIDWORK", "s", None)
    assert ChainCredentials().renew() is None


def test_a_table_of_aws_needs_credentials() -> None:
    with pytest.raises(StartError, match=r"no AWS credentials .*: sign in"):
        chain_credentials(Settings(dynamodb_endpoint=AWS))


def test_another_remote_table_needs_none() -> None:
    assert chain_credentials(Settings(dynamodb_endpoint="http://dynamodb.internal:8000")) is None


@pytest.mark.parametrize(
    "profile", ["[profile other]\n", "[default]\ncredential_process = false\n"]
)
def test_credentials_that_cannot_be_fetched_are_explained(
    profile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text(profile)
    if "other" in profile:
        monkeypatch.setenv("AWS_PROFILE", "missing")
    with pytest.raises(StartError, match=r"cannot be fetched .*: sign in"):
        chain_credentials(Settings(dynamodb_endpoint=AWS))


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        (None, False),
        ("http://127.0.0.1:8000", False),
        ("http://localhost:8000", False),
        ("http://[::1]:8000", False),
        (AWS, True),
        ("http://dynamodb:8000", True),
    ],
)
def test_only_a_table_on_another_machine_is_remote(endpoint: str | None, expected: bool) -> None:
    assert is_remote(Settings(dynamodb_endpoint=endpoint)) is expected
