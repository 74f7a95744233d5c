"""`login` and `logout`: sign in, save the session, end it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.support.accounts import PASSWORD, Account, list_all
from tests.support.clients import HttpClient
from tests.support.command_line import CommandLine, failed
from tests.support.upstream import Answer, Place, Upstream


def test_s49_a_sign_in_saves_the_session_for_its_user_only(
    run: CommandLine, owner: Account
) -> None:
    ran = run.login(owner)
    assert ran.out == ""
    assert ran.err == f"Signed in at {owner.client.url} as {owner.username}.\n"
    [path] = run.paths()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700
    assert PASSWORD not in path.read_text()
    assert sorted(each.name for each in path.parent.iterdir()) == [
        f"127.0.0.1%3A{_port(owner)}.json",
        f"127.0.0.1%3A{_port(owner)}.lock",
    ]
    assert run("status").exit_code == 0


def test_username_and_password_are_asked_for(run: CommandLine, owner: Account) -> None:
    ran = run("login", owner.client.url, answers=[owner.username, PASSWORD])
    assert ran.exit_code == 0
    assert PASSWORD not in ran.out + ran.err


def test_the_saved_logins_are_listed_the_latest_first(run: CommandLine, owner: Account) -> None:
    run.login(owner)
    ran = run.login(owner, "--name", "work", "--json")
    assert ran.json == {"name": "work", "url": owner.client.url, "username": owner.username}
    listed = run("login", "--list", "--json").json["items"]
    assert [(each["name"], each["default"]) for each in listed] == [
        ("work", True),
        (f"127.0.0.1:{_port(owner)}", False),
    ]
    assert "work" in run("login", "--list").out
    assert run("status", "--server", "work").exit_code == 0
    assert run("status", "--server", owner.client.url).exit_code == 0


def test_the_latest_login_is_used_unless_a_variable_names_another(
    run: CommandLine, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Account(owner.client)
    run.login(owner, "--name", "first")
    run.login(other, "--name", "second")
    assert run("status", "--json").json["server"]["username"] == other.username
    monkeypatch.setenv("API_DASHBOARD_SERVER", "first")
    assert run("status", "--json").json["server"]["username"] == owner.username
    failed(run("status", "--server", "third"), 2, "no saved login", "second, first")


def test_a_sign_in_ends_the_session_that_it_replaces(run: CommandLine, server: HttpClient) -> None:
    account = Account(server)
    before = len(list_all(account, "/api/sessions"))
    for _ in range(3):
        run.login(account)
    assert len(list_all(account, "/api/sessions")) == before + 1


def test_a_name_belongs_to_one_server(run: CommandLine, owner: Account, server: HttpClient) -> None:
    run.login(owner, "--name", "work")
    url = f"http://localhost:{server.port}"
    ran = run("login", url, "--name", "work", "--username", "x", "--password-stdin", stdin="x")
    failed(ran, 2, "work", owner.client.url, "--name")


def test_a_wrong_password_is_exit_code_4(run: CommandLine, owner: Account) -> None:
    ran = run(
        "login", owner.client.url, "--username", owner.username, "--password-stdin", stdin="no"
    )
    failed(ran, 4, "username or the password is wrong")
    assert run.paths() == []


@pytest.mark.parametrize("password", [b"", b"\n", b"one\ntwo\n", b"\xff\xfe"])
def test_a_password_is_one_line(run: CommandLine, owner: Account, password: bytes) -> None:
    ran = run(
        "login", owner.client.url, "--username", owner.username, "--password-stdin",
        stdin=password,
    )  # fmt: skip
    failed(ran, 1 if password == b"\xff\xfe" else 2, "Standard input")


def test_without_a_terminal_it_says_how_to_pass_the_password(
    run: CommandLine, owner: Account
) -> None:
    failed(run("login", owner.client.url), 2, "--username")
    failed(run("login", owner.client.url, "--username", "x"), 2, "--password-stdin")


@pytest.mark.parametrize("path", ["", "html", "json", "empty", "redirect", "broken", "closed"])
def test_s49_the_password_is_not_sent_to_another_web_server(
    run: CommandLine, tmp_path: Path, path: str
) -> None:
    upstream = Upstream()
    place = upstream.root()
    html = [("Content-Type", "text/html")]
    place.answer(
        {
            "html": Answer(200, html, b"<p>Hello</p>"),
            "json": Answer(200, [("Content-Type", "application/json")], b'{"status": "ok"}'),
            "empty": Answer(204),
            "redirect": Answer(302, [("Location", "https://elsewhere.example/")]),
            "broken": Answer(502, html, b"<p>Bad gateway</p>"),
            "closed": Answer(raw=b"SSH-2.0-OpenSSH\r\n"),
        }.get(path, Answer(404, html, b"<p>Not found</p>"))
    )
    try:
        ran = run("login", place.url, "--username", "ada", "--password-stdin", stdin=PASSWORD)
    finally:
        upstream.close()
    failed(ran, 3, place.url)
    assert [each.target for each in place.received] == ["/api/status"]
    assert run.paths() == []


def test_no_server_is_exit_code_3(run: CommandLine, closed_port: int) -> None:
    ran = run("login", f"http://127.0.0.1:{closed_port}", "--username", "x")
    failed(ran, 3, "No server responds", "api-dashboard serve")


def test_s49_plain_http_to_another_machine_is_refused(run: CommandLine) -> None:
    failed(run("login", "http://dash.example.com"), 2, "https://dash.example.com")


def test_a_certificate_that_nobody_knows_needs_a_ca_file(
    run: CommandLine, tls_place: Place, owner: Account
) -> None:
    url = tls_place.url.removesuffix(f"/{tls_place.name}")
    failed(run("login", url, "--username", "x"), 3, "is not trusted", "--ca-file")
    missing = run("login", url, "--ca-file", "/nonexistent.pem")
    failed(missing, 1, "/nonexistent.pem")


def test_a_sign_out_ends_the_session_and_forgets_it(run: CommandLine, owner: Account) -> None:
    run.login(owner)
    [saved] = run.saved()
    ran = run("logout")
    assert (ran.exit_code, ran.out) == (0, "")
    assert run.paths() == []
    assert owner.client.call("GET", "/api/me", None, saved["access_token"]).status == 401
    failed(run("logout"), 4, "not signed in")


def test_a_sign_out_without_a_server_forgets_the_login_and_says_so(
    run: CommandLine, owner: Account, closed_port: int
) -> None:
    run.login(owner)
    [path] = run.paths()
    path.write_text(path.read_text().replace(_port(owner), str(closed_port)))
    failed(run("logout"), 3, "deleted here", "No server responds")
    assert run.paths() == []


def _port(account: Account) -> str:
    return account.client.url.rpartition(":")[2]
