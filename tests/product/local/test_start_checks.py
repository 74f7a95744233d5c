"""A start with wrong keys, database or format is refused with one sentence and changes nothing."""

from __future__ import annotations

import contextlib
import hashlib
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from api.cli.main import main
from api.cli.server.table import prepare_table
from api.errors import StartError
from api.local.bootstrap import bootstrap
from api.settings import read_settings
from api.storage.data_format import DATA_FORMAT
from tests.support.accounts import Account
from tests.support.machine import Machine
from tests.support.upstream import Place

# Opens a data folder as the server does. Returns the sentence if the start is refused, else None.
Start = Callable[..., str | None]


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set the settings of the product in the environment."""
    # The other tests of this process capture the log by themselves.
    monkeypatch.setattr("api.cli.server.reporting.set_up_logging", lambda stream: None)

    def set_all(**settings: str) -> None:
        for name in ("FERNET_KEYS", "JWT_SECRET_KEY", "AWS_ENDPOINT_URL_DYNAMODB"):
            monkeypatch.delenv(name, raising=False)
        for name, value in settings.items():
            monkeypatch.setenv(name, value)

    return set_all


@pytest.fixture
def start(environ: Callable[..., None]) -> Start:
    def run(data: Path, **settings: str) -> str | None:
        environ(API_DASHBOARD_DATA=str(data), **settings)
        try:
            with bootstrap(read_settings(), prepare_table):
                return None
        except StartError as error:
            return str(error)

    return run


@pytest.fixture(scope="module")
def used(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Path]:
    """The data folder of a stopped product with one user, one key and some logged calls."""
    upstream = request.getfixturevalue("upstream_server")
    machine = Machine(
        tmp_path_factory.mktemp("used"),
        API_DASHBOARD_ALLOWED_UPSTREAMS=f"127.0.0.1:{upstream.port}",
        API_DASHBOARD_WORKERS="1",
    )
    machine.start()
    account = Account(machine.client)
    place: Place = upstream.place("used")
    account.key(place)
    token = account.token()
    for _ in range(20):
        assert account.proxied(token).status == 200
    assert machine.stop() == 0
    yield machine.data


@pytest.fixture
def data(used: Path, tmp_path: Path) -> Path:
    """A copy of that data folder."""
    return Path(shutil.copytree(used, tmp_path / "data"))


def contents(data: Path) -> dict[str, str]:
    """The files that a refused start must not change. The database's log is written anew."""
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in data.iterdir()
        if file.name not in ("lock", "database.log")
    }


def fernet_keys(data: Path) -> str:
    lines = (data / "secrets.env").read_text().splitlines()
    return next(line for line in lines if line.startswith("FERNET_KEYS=")).partition("=")[2]


def with_one_character_changed(key: str, position: int = 5) -> str:
    return key[:position] + ("A" if key[position] != "A" else "B") + key[position + 1 :]


def refused(start: Start, data: Path, **settings: str) -> str:
    """Start, which must fail and change nothing. Returns the sentence."""
    before = contents(data)
    sentence = start(data, **settings)
    assert contents(data) == before
    assert sentence is not None and sentence.endswith(".") and "\n" not in sentence
    return sentence


def test_a_stopped_product_starts_again(start: Start, data: Path) -> None:
    assert start(data) is None
    assert start(data) is None


def test_an_empty_folder_starts_and_starts_again(start: Start, tmp_path: Path) -> None:
    assert start(tmp_path / "data") is None
    assert start(tmp_path / "data") is None


@pytest.mark.parametrize("position", [0, 5, 41])
def test_wrong_encryption_keys_are_refused(start: Start, data: Path, position: int) -> None:
    key = fernet_keys(data)
    wrong = with_one_character_changed(key, position)
    sentence = refused(start, data, FERNET_KEYS=wrong)
    assert sentence.startswith("FERNET_KEYS is not the key") and key not in sentence
    assert start(data, FERNET_KEYS=key) is None


def test_wrong_encryption_keys_are_refused_before_anything_is_stored(
    start: Start, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    assert start(data) is None
    secrets = data / "secrets.env"
    key = fernet_keys(data)
    secrets.write_text(secrets.read_text().replace(key, with_one_character_changed(key)))
    assert "FERNET_KEYS" in refused(start, data)


def test_keys_can_be_added_rotated_and_then_removed(
    start: Start, data: Path, environ: Callable[..., None]
) -> None:
    old, new = fernet_keys(data), Fernet.generate_key().decode()
    sentence = refused(start, data, FERNET_KEYS=new)
    assert "rotate-keys --accept-lost-keys" in sentence
    assert start(data, FERNET_KEYS=f"{new},{old}") is None
    assert "lacks a key" in refused(start, data, FERNET_KEYS=new)
    environ(API_DASHBOARD_DATA=str(data), FERNET_KEYS=f"{new},{old}")
    assert main(["rotate-keys"]) == 0
    assert start(data, FERNET_KEYS=new) is None
    assert "is not the key" in refused(start, data, FERNET_KEYS=old)


def test_a_lost_key_can_be_given_up(
    start: Start, data: Path, environ: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    new = Fernet.generate_key().decode()
    environ(API_DASHBOARD_DATA=str(data), FERNET_KEYS=new)
    assert main(["rotate-keys"]) == 1
    refused(start, data, FERNET_KEYS=new)
    environ(API_DASHBOARD_DATA=str(data), FERNET_KEYS=new)
    assert main(["rotate-keys", "--accept-lost-keys"]) == 1
    assert "enter its secret again" in capsys.readouterr().err
    assert start(data, FERNET_KEYS=new) is None


@pytest.mark.parametrize("emptied", [False, True])
def test_a_missing_or_empty_database_is_refused(start: Start, data: Path, emptied: bool) -> None:
    if emptied:
        (data / "database.db").write_bytes(b"")
    else:
        (data / "database.db").unlink()
    sentence = refused(start, data)
    assert ("is empty" if emptied else "is missing") in sentence
    assert "restore it from a backup" in sentence


def test_a_missing_database_of_an_older_version_is_refused(start: Start, data: Path) -> None:
    (data / "database.state").unlink()
    (data / "database.db").unlink()
    assert "is missing" in refused(start, data)


def test_the_data_of_an_older_version_is_accepted_with_its_keys_only(
    start: Start, data: Path
) -> None:
    (data / "database.state").unlink()
    with contextlib.closing(sqlite3.connect(data / "database.db")) as connection, connection:
        connection.execute("DELETE FROM \"api-dashboard\" WHERE pk = 'S:SERVER'")
    wrong = with_one_character_changed(fernet_keys(data))
    sentence = start(data, FERNET_KEYS=wrong)
    assert sentence is not None and "FERNET_KEYS decrypts no stored secret" in sentence
    assert start(data) is None
    assert (data / "database.state").read_text().startswith("stopped ")
    assert "FERNET_KEYS is not the key" in refused(start, data, FERNET_KEYS=wrong)
    (data / "database.db").unlink()
    assert "is missing" in refused(start, data)


def test_missing_secrets_and_a_missing_database_are_refused(start: Start, data: Path) -> None:
    (data / "secrets.env").unlink()
    (data / "database.db").unlink()
    assert "is missing" in refused(start, data)


def test_a_database_without_the_contents_is_refused(start: Start, data: Path) -> None:
    with sqlite3.connect(data / "database.db") as database:
        for table in ("api-dashboard", "api-dashboard::gsi::GSI1"):
            database.execute(f'DELETE FROM "{table}"')
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    assert "has lost its contents" in refused(start, data)


def test_another_installations_database_is_refused(
    start: Start, data: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    assert start(other) is None
    shutil.copy(other / "database.db", data / "database.db")
    assert "FERNET_KEYS is not the key" in refused(start, data)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("run", [1, 10])
def test_ten_changed_bytes_are_found(start: Start, data: Path, seed: int, run: int) -> None:
    database = data / "database.db"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        # SQLite does not use all bytes of a file, and a change of an unused one is no damage.
        connection.execute("VACUUM")
    content = bytearray(database.read_bytes())
    places = [i for i in range(100, len(content) - 10) if b"\0" not in content[i : i + 10]]
    dice = random.Random(seed)
    for place in dice.sample(places, 10 // run):
        for position in range(place, place + run):
            content[position] ^= 0xFF
    database.write_bytes(content)
    sentence = refused(start, data)
    assert "is damaged" in sentence and "restore it from a backup" in sentence


@pytest.mark.parametrize(
    "text", ["", "0\n", "one", "-1", f"{DATA_FORMAT + 1}\n", "1.0", "9" * 5000, "\uff11"]
)
def test_an_unknown_format_is_refused(start: Start, data: Path, text: str) -> None:
    (data / "VERSION").write_text(text)
    sentence = refused(start, data)
    assert "VERSION" in sentence or "format" in sentence
    assert "restore" in sentence or "start that version" in sentence


@pytest.mark.parametrize("remains", [None, "secrets.env", "database.db", "database.state"])
def test_a_missing_format_is_refused(start: Start, data: Path, remains: str | None) -> None:
    (data / "VERSION").unlink()
    if remains is not None:
        for file in data.iterdir():
            if file.name != remains:
                file.unlink()
    assert "no VERSION file" in refused(start, data)


FIRST_FILES = ("lock", "VERSION", "secrets.env", "database.log", "database.db")


@pytest.mark.parametrize("reached", range(len(FIRST_FILES) + 2))
def test_an_interrupted_first_start_is_continued(
    start: Start, tmp_path: Path, reached: int
) -> None:
    complete, data = tmp_path / "complete", tmp_path / "data"
    assert start(complete) is None
    data.mkdir()
    for name in FIRST_FILES[:reached]:
        shutil.copy(complete / name, data / name)
    if reached == len(FIRST_FILES) - 1:
        # The database logs its address only when its file is complete.
        (data / "database.log").write_text("")
        (data / "database.db").touch()
    if reached > len(FIRST_FILES):
        (data / "database.pid").write_text("999999999\n")
    assert start(data) is None
    assert start(data) is None


def test_a_refused_server_ends_with_an_error(data: Path, tmp_path: Path) -> None:
    (data / "database.db").unlink()
    machine = Machine(tmp_path)
    with pytest.raises(AssertionError, match="is missing"):
        machine.start()
    assert machine.stop() == 1
    assert not (data / "database.db").exists()
    assert machine.holders() == []
