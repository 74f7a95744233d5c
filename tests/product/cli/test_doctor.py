"""`doctor`: what is wrong, and what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.cli.doctor.account import factor_findings
from tests.support.accounts import Account
from tests.support.clients import HttpClient
from tests.support.command_line import CommandLine, Ran
from tests.support.upstream import Answer, Place, Upstream


def outcomes(ran: Ran) -> dict[str, Any]:
    """Return the worst outcome of each check."""
    order = ["ok", "warning", "failed"]
    found: dict[str, str] = {}
    for item in ran.json["items"]:
        found[item["check"]] = max(found.get(item["check"], "ok"), item["outcome"], key=order.index)
        assert (item["advice"] == "") == (item["outcome"] == "ok"), item
    return found


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder for a server of this machine."""
    folder = tmp_path / "data"
    monkeypatch.setenv("API_DASHBOARD_DATA", str(folder))
    for name in ("AWS_ENDPOINT_URL_DYNAMODB", "API_DASHBOARD_PAGES"):
        monkeypatch.delenv(name, raising=False)
    return folder


def test_a_running_server_and_its_account_are_looked_at(
    run: CommandLine, server: HttpClient, place: Place, data: Path
) -> None:
    account = Account(server)
    run.login(account)
    account.key(place)
    ran = run("doctor", "--json")
    assert (ran.exit_code, ran.json["failed"]) == (0, 0), ran.out
    assert outcomes(ran) == {
        "login": "ok",
        "server": "ok",
        "database": "ok",
        "version": "ok",
        "clock": "ok",
        "pages": "warning",  # The server of the tests has none.
        "data folder": "warning",  # It has another one.
        "disk": "ok",
        "sign-in": "ok",
        "keys": "ok",
        "providers": "ok",
    }
    text = run("doctor").out
    assert f"ok       server       {server.url} responds in" in text
    assert place.received == []


def test_a_refused_key_and_a_host_that_cannot_be_reached_fail(
    run: CommandLine, server: HttpClient, place: Place, closed_port: int, data: Path
) -> None:
    account = Account(server)
    run.login(account)
    key = account.key(place)
    account.call(
        "POST", "/api/keys",
        {"base_url": f"http://127.0.0.1:{closed_port}", "auth": {"scheme": "bearer"},
         "api_name": "closed", "secret": "a-secret-key"},
    )  # fmt: skip
    place.answer(Answer(401))
    account.proxied(account.token(["test"]))
    ran = run("doctor", "--json")
    assert (ran.exit_code, ran.json["failed"]) == (1, 2)
    found = outcomes(ran)
    assert (found["keys"], found["providers"]) == ("failed", "failed")
    assert f"127.0.0.1:{closed_port}" in ran.out and key["key_id"] in ran.out


def test_without_a_server_and_a_login_it_says_what_to_start(
    run: CommandLine, closed_port: int, data: Path
) -> None:
    ran = run("doctor", "--server", f"http://127.0.0.1:{closed_port}", "--json")
    assert ran.exit_code == 1
    assert outcomes(ran) == {
        "login": "warning", "server": "failed", "data folder": "ok", "disk": "ok"
    }  # fmt: skip
    assert "api-dashboard serve" in ran.out
    assert not data.exists()


def test_an_expired_login_fails(run: CommandLine, server: HttpClient, data: Path) -> None:
    run.login(Account(server))
    [path] = run.paths()
    saved = run.saved()[0]
    text = path.read_text()
    for token in (saved["access_token"], saved["refresh_token"]):
        text = text.replace(token, "e30.e30.e30")
    path.write_text(text)
    ran = run("doctor", "--json")
    assert (ran.exit_code, outcomes(ran)["sign-in"]) == (1, "failed")
    path.chmod(0o644)
    ran = run("doctor", "--json", "--server", server.url)
    assert outcomes(ran)["login"] == "failed"
    assert "chmod 600" in ran.out


def test_files_of_a_data_folder_that_is_in_use_are_looked_at(
    run: CommandLine, closed_port: int, data: Path
) -> None:
    data.mkdir(mode=0o700)
    for name in ("VERSION", "secrets.env", "database.db"):
        (data / name).write_text("1")
        (data / name).chmod(0o600)
    arguments = ("doctor", "--server", f"http://127.0.0.1:{closed_port}", "--json")
    (data / "database.db-wal").write_bytes(bytes(2_400_000))
    ran = run(*arguments)
    assert outcomes(ran)["data files"] == "ok"
    assert "The database takes up 2.4 MB." in ran.out
    (data / "secrets.env").chmod(0o644)
    (data / "database.db").write_text("")
    data.chmod(0o755)
    ran = run(*arguments)
    found = outcomes(ran)
    assert (found["data folder"], found["data files"]) == ("warning", "failed")
    assert "chmod 600" in ran.out and "chmod 700" in ran.out and "is empty" in ran.out
    (data / "VERSION").unlink()
    assert "VERSION cannot be read" in run(*arguments).out


def test_a_wrong_setting_of_the_server_is_named(
    run: CommandLine, closed_port: int, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_DASHBOARD_PORT", "none")
    ran = run("doctor", "--server", f"http://127.0.0.1:{closed_port}", "--json")
    assert outcomes(ran)["settings"] == "failed"
    assert "API_DASHBOARD_PORT" in ran.out


def test_a_database_that_cannot_be_written_fails(run: CommandLine, data: Path) -> None:
    upstream = Upstream()
    problem = {
        "type": "/api/docs#storage_not_writable", "title": "", "status": 503,
        "code": "storage_not_writable", "detail": "The disk is full.", "request_id": "1",
    }  # fmt: skip
    kind = [("Content-Type", "application/problem+json")]
    upstream.root().answer(Answer(503, kind, json.dumps(problem).encode()))
    try:
        ran = run("doctor", "--json", "--server", f"http://127.0.0.1:{upstream.port}")
    finally:
        upstream.close()
    found = outcomes(ran)
    assert (ran.exit_code, found["server"], found["database"]) == (1, "ok", "failed")
    assert "The disk is full." in ran.out


def test_a_host_with_a_certificate_of_ones_own(
    run: CommandLine,
    server: HttpClient,
    tls_place: Place,
    data: Path,
    authority: tuple[object, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = Account(server)
    run.login(account)
    account.key(tls_place)
    ran = run("doctor", "--json")
    assert (ran.exit_code, outcomes(ran)["providers"]) == (0, "warning")
    monkeypatch.setenv("API_DASHBOARD_CA_FILE", str(authority[1]))
    assert outcomes(run("doctor", "--json"))["providers"] == "ok"
    assert tls_place.received == []


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--region", "us-east-2"), "add --stack NAME or --table NAME"),
        (("--no-preview",), "add --stack NAME or --table NAME"),
        (("--stack", "prod", "--server", "https://x.example"), "--server excludes"),
    ],
)
def test_options_for_aws_need_a_stack_or_a_table(
    run: CommandLine, arguments: tuple[str, ...], part: str
) -> None:
    ran = run("doctor", *arguments)
    assert ran.exit_code == 1 and part in ran.err


def test_a_stack_that_cannot_be_opened_is_a_finding(
    run: CommandLine, tmp_path: Path, data: Path
) -> None:
    ran = run("doctor", "--stack", "prod", "--project", str(tmp_path), "--json")
    assert (ran.exit_code, ran.json["failed"]) == (1, 1)
    [found] = ran.json["items"]
    assert found["check"] == "stack" and "has no Pulumi.yaml" in found["detail"]
    assert "--table NAME" in found["advice"]


def test_a_target_that_fails_and_an_account_without_second_factor_are_named(
    run: CommandLine, server: HttpClient, place: Place, data: Path
) -> None:
    account = Account(server)
    run.login(account)
    body = {"name": "On call", "kind": "webhook", "address": f"{place.url}/hook"}
    target = account.call("POST", "/api/notifications/targets", body).json["target_id"]
    assert outcomes(run("doctor", "--json"))["notifications"] == "ok"
    place.answer(Answer(500))
    account.call("POST", f"/api/notifications/targets/{target}/test")
    assert outcomes(run("doctor", "--json"))["notifications"] == "warning"
    assert "Deliveries to On call have failed for" in run("doctor").out
    # The server of the tests can be reached from this machine only.
    assert "second factor" not in outcomes(run("doctor", "--json"))
    protected: dict[str, Any] = {"second_factor": True}
    assert factor_findings(protected, server.url)[0].outcome == "ok"
    (finding,) = factor_findings({"second_factor": False}, "https://keys.example")
    assert finding.outcome == "warning" and "https://keys.example" in finding.detail
