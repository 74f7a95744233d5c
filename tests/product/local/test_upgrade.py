"""Data of version 0.1.0 works after the upgrade, which makes a copy first and can be repeated."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api.errors import StartError
from api.local import data_folder
from api.local.data_folder import open_data_folder
from api.local.upgrade import upgrade_format
from tests.support.accounts import login
from tests.support.machine import Machine
from tests.support.old_data import (
    GITHUB_KEY,
    OPENAI_KEY,
    OPENAI_SECRET,
    PASSWORD,
    TOKEN,
    USERNAME,
    write_old_data,
)
from tests.support.upstream import Upstream


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    write_old_data(folder)
    return folder


def upgraded(data: Path) -> None:
    with open_data_folder(data) as folder:
        upgrade_format(folder)


def rows(database: Path) -> list[Any]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute('SELECT * FROM "api-dashboard" ORDER BY pk, sk').fetchall()


def test_accounts_keys_and_tokens_of_version_0_1_0_work(
    tmp_path: Path, upstream_server: Upstream
) -> None:
    host = f"127.0.0.1:{upstream_server.port}"
    place = upstream_server.place(secrets.token_hex(6))
    machine = Machine(tmp_path, API_DASHBOARD_ALLOWED_UPSTREAMS=host, API_DASHBOARD_WORKERS="1")
    write_old_data(machine.data, place.url.removeprefix("http://"))
    machine.start()
    try:
        answer = login(machine.client, USERNAME, PASSWORD)
        access = answer.json["access_token"]
        keys = machine.client.call("GET", "/api/keys", None, access).json["items"]
        assert {key["key_id"] for key in keys} == {OPENAI_KEY, GITHUB_KEY}
        tokens = machine.client.call("GET", "/api/tokens", None, access).json["items"]
        assert [(token["name"], token["limit"]) for token in tokens] == [("my script", 1000)]
        assert (tokens[0]["allowed_ips"], tokens[0]["previous"]) == ([], None)
        profile = machine.client.call("GET", "/api/me", None, access).json
        assert not profile["second_factor"] and not profile["second_factor_setup_required"]
        for path in ("/api/me/factors", "/api/audit", "/api/notifications/targets"):
            assert machine.client.call("GET", path, None, access).status == 200, path
        called = machine.client.request(
            "GET", "/proxy/openai/models", [("Authorization", f"Bearer {TOKEN}")]
        )
        assert called.status == 200
        assert place.last.get("Authorization") == f"Bearer {OPENAI_SECRET}"
        assert machine.client.call("GET", "/api/budgets", None, access).status == 200
    finally:
        assert machine.stop() == 0
    assert (machine.data / "VERSION").read_text() == "3\n"
    assert '"event":"data_format_upgraded"' in machine.errors


def test_s50_data_of_format_2_is_copied_too_for_it_ignores_second_factors(data: Path) -> None:
    (data / "VERSION").write_text("2\n")
    upgraded(data)
    assert (data / "VERSION").read_text() == "3\n"
    assert (data / "backups" / "before-format-3" / "VERSION").read_text() == "2\n"


def test_a_private_copy_is_made_that_the_former_version_can_use(data: Path) -> None:
    before = rows(data / "database.db")
    upgraded(data)
    copy = data / "backups" / "before-format-3"
    assert (data / "VERSION").read_text() == "3\n"
    assert (copy / "VERSION").read_text() == "1\n"
    assert rows(copy / "database.db") == before == rows(data / "database.db")
    assert (copy / "secrets.env").read_text() == (data / "secrets.env").read_text()
    assert f"API_DASHBOARD_DATA={copy} api-dashboard" in (copy / "README.txt").read_text()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (copy.parent, copy)] == [0o700, 0o700]
    assert {stat.S_IMODE(path.stat().st_mode) for path in copy.iterdir()} == {0o600}


def test_what_the_write_ahead_log_has_is_in_the_copy(data: Path) -> None:
    with closing(sqlite3.connect(data / "database.db")) as open_database:
        open_database.execute("CREATE TABLE late (text)")
        open_database.execute("INSERT INTO late VALUES ('in the log')")
        open_database.commit()
        assert (data / "database.db-wal").stat().st_size > 0
        upgraded(data)
    copy = data / "backups" / "before-format-3" / "database.db"
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT * FROM late").fetchall() == [("in the log",)]


class Killed(BaseException):
    """What takes the place of a SIGKILL."""


STEPS: list[tuple[object, str]] = [
    (shutil, "rmtree"),
    (shutil, "copyfileobj"),
    (os, "fsync"),
    (os, "open"),
    (Path, "mkdir"),
    (Path, "replace"),
    (data_folder, "save_names"),
]


@pytest.mark.parametrize("step", range(len(STEPS)))
def test_a_kill_at_any_step_is_repeated_cleanly(
    data: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    before = rows(data / "database.db")
    owner, name = STEPS[step]
    for call in range(40):
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, dying(getattr(owner, name), call))
            try:
                upgraded(data)
                break
            except Killed:
                assert (data / "VERSION").read_text() in ("1\n", "3\n")
    upgraded(data)
    copy = data / "backups" / "before-format-3"
    assert (data / "VERSION").read_text() == "3\n"
    assert rows(copy / "database.db") == before == rows(data / "database.db")
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]
    assert call > 0


def dying(function: Callable[..., Any], at: int) -> Callable[..., Any]:
    """Return the function, whose call number `at` and all later ones do nothing but end."""
    calls = iter(range(10_000))

    def call(*arguments: Any, **options: Any) -> Any:
        if next(calls) >= at:
            raise Killed
        return function(*arguments, **options)

    return call


@pytest.mark.parametrize("full", ["copyfileobj", "fsync"])
def test_a_full_disk_leaves_the_former_format(
    data: Path, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = rows(data / "database.db")
    with monkeypatch.context() as patched:
        patched.setattr(shutil if full == "copyfileobj" else os, full, fail)
        with pytest.raises(StartError, match=r"the disk is full: make room .* has format 1 as"):
            upgraded(data)
    assert (data / "VERSION").read_text() == "1\n"
    assert list((data / "backups").iterdir()) == []
    assert rows(data / "database.db") == before
    upgraded(data)


def test_a_new_folder_and_one_without_database_need_no_copy(tmp_path: Path) -> None:
    upgraded(tmp_path / "new")
    (tmp_path / "started").mkdir()
    (tmp_path / "started" / "VERSION").write_text("1\n")
    upgraded(tmp_path / "started")
    for name in ("new", "started"):
        assert (tmp_path / name / "VERSION").read_text() == "3\n"
        assert not (tmp_path / name / "backups").exists()
