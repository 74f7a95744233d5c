"""`status`, `open`, `version` and `completion`."""

from __future__ import annotations

import webbrowser

import pytest

from api import __version__
from tests.support.accounts import Account
from tests.support.clients import HttpClient
from tests.support.command_line import CommandLine, failed
from tests.support.upstream import Answer, Place


def test_the_status_has_quotas_requests_and_no_refused_key(
    signed_in: CommandLine, owner: Account, place: Place
) -> None:
    owner.key(place, api_name=place.name)
    place.answer(
        Answer(
            headers=[
                ("x-ratelimit-limit-requests", "500"),
                ("x-ratelimit-remaining-requests", "471"),
                ("x-ratelimit-reset-requests", "90s"),
            ]
        )
    )
    token = owner.token([place.name])
    assert owner.proxied(token, f"/proxy/{place.name}/v1").status == 200
    ran = signed_in("status")
    assert ran.exit_code == 0, ran.err
    assert owner.client.url in ran.out and owner.username in ran.out
    assert "1 in the last 24 hours, 0 errors (0.0%)" in ran.out
    [line] = [line for line in ran.out.splitlines() if line.startswith(place.name)]
    assert "471" in line and "500" in line and "in 1m" in line
    found = signed_in("status", "--json").json
    assert set(found) == {"server", "statistics", "spend", "rate_limits", "refused_keys"}
    assert found["server"]["version"] == __version__
    assert found["rate_limits"][0]["limits"][0]["remaining"] == 471
    assert found["statistics"]["totals"]["requests"] == 1


def test_a_refused_key_is_exit_code_1_and_says_what_to_do(
    run: CommandLine, server: HttpClient, place: Place
) -> None:
    account = Account(server)
    run.login(account)
    key = account.key(place)
    place.answer(Answer(401))
    account.proxied(account.token(["test"]))
    ran = run("status")
    assert ran.exit_code == 1
    assert f"{key['key_id']} (…6789): test refused it" in ran.out
    assert f"api-dashboard keys remove {key['key_id']}" in ran.out
    refused = run("status", "--json")
    assert (refused.exit_code, len(refused.json["refused_keys"])) == (1, 1)


def test_an_ended_session_is_exit_code_4(run: CommandLine, server: HttpClient) -> None:
    account = Account(server)
    run.login(account)
    for session in account.call("GET", "/api/sessions").json["items"]:
        if not session["current"]:
            account.call("DELETE", f"/api/sessions/{session['session_id']}")
    message = f"Error: Your session at {server.url} has expired: run `api-dashboard login "
    for _ in range(2):
        ran = run("status")
        assert (ran.exit_code, ran.out) == (4, "")
        assert ran.err == f"{message}{server.url}`.\n"


def test_open_shows_the_dashboard_in_a_browser(
    signed_in: CommandLine, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or True)  # type: ignore[func-returns-value]
    monkeypatch.setenv("BROWSER", "true")
    assert signed_in("open").out == f"{owner.client.url}\n"
    assert opened == [owner.client.url]
    monkeypatch.delenv("BROWSER")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    ran = signed_in("open")
    assert (ran.exit_code, ran.out) == (0, f"{owner.client.url}\n")
    assert "No browser" in ran.err and len(opened) == 1


def test_open_says_that_no_server_runs(run: CommandLine, closed_port: int) -> None:
    failed(run("open", "--server", f"http://127.0.0.1:{closed_port}"), 3, "No server responds")


def test_the_versions_of_both_sides_are_shown(signed_in: CommandLine, owner: Account) -> None:
    assert signed_in("version", "--json").json == {
        "client": __version__, "server": __version__, "url": owner.client.url
    }  # fmt: skip
    assert signed_in("--version").out == f"api-dashboard {__version__}\n"
    assert signed_in("logout").exit_code == 0
    ran = signed_in("version")
    assert (ran.exit_code, ran.out) == (0, f"api-dashboard {__version__}\n")
    assert "not signed in" in ran.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_completion_script(run: CommandLine, shell: str) -> None:
    ran = run("completion", shell)
    assert ran.exit_code == 0
    assert f"_API_DASHBOARD_COMPLETE={shell}_complete" in ran.out
