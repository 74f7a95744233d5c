"""Preview, import and export of `.env` files over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from api.secret import hint
from tests.product.env_files.samples import (
    GITHUB,
    OPENAI,
    STRIPE,
    UNUSUAL,
)
from tests.support.accounts import Account, problem


def post(account: Account, call: str, **members: Any) -> Any:
    response = account.call("POST", f"/api/env/{call}", members)
    assert response.status == (201 if call == "import" else 200), response.body
    return response.json


def test_the_preview_stores_nothing_and_the_import_stores_all_planned_keys(
    account: Account,
) -> None:
    content = f"OPENAI_API_KEY={OPENAI}\nA=b\nGITHUB_TOKEN={GITHUB}\nBAD\0={STRIPE}\n"

    plan = post(account, "preview", content=content)

    assert [line["action"] for line in plan["lines"]] == ["import", "keep", "import", "refuse"]
    assert plan["keys"] == 2
    assert account.call("GET", "/api/keys").json["items"] == []

    imported = post(account, "import", content=content)

    assert imported["lines"] == plan["lines"]
    stored = account.call("GET", "/api/keys").json["items"]
    assert sorted(key["key_id"] for key in stored) == sorted(
        key["key_id"] for key in imported["keys"]
    )
    assert {(key["api_name"], key["description"], key["hint"]) for key in stored} == {
        ("openai", "from OPENAI_API_KEY", hint(OPENAI)),
        ("github", "from GITHUB_TOKEN", hint(GITHUB)),
    }
    again = post(account, "import", content=content)
    assert again["keys"] == []
    assert [line["action"] for line in again["lines"]] == [
        "duplicate",
        "keep",
        "duplicate",
        "refuse",
    ]


def test_a_file_with_many_errors_is_planned_line_by_line(account: Account) -> None:
    lines = [
        "\ufeff# made on Windows",
        f"export OPENAI_API_KEY='{OPENAI}'",
        'NOTE="two',
        'lines"',
        f"GITHUB_TOKEN={GITHUB}\0",
        "ANTHROPIC_BASE_URL=https://collector.example.net",
        "ANTHROPIC_API_KEY=sk-ant-api03-" + "Ab3dEf6hIj9kLm2n" * 6,
        f'STRIPE_API_KEY="{STRIPE}',
        "just words",
        "PORT=8080",
    ]
    content = "\r\n".join(lines) + "\r\n"

    plan = post(account, "preview", content=content)

    by_line = {line["line"]: (line["action"], line["reason"]) for line in plan["lines"]}
    assert by_line[2] == ("import", "A key of OpenAI, by its name and shape.")
    assert by_line[3][0] == "keep" and 4 not in by_line
    assert by_line[5] == ("refuse", "It contains a NUL byte.")
    assert by_line[7][0] == "refuse" and "ANTHROPIC_BASE_URL on line 6" in by_line[7][1]
    assert by_line[8][0] == "refuse" and "is not closed" in by_line[8][1]
    assert by_line[9] == ("refuse", "There is no equals sign.")
    assert by_line[10][0] == "keep"
    imported = post(account, "import", content=content)
    assert [key["provider"] for key in imported["keys"]] == ["openai"]
    for shown in (repr(plan), repr(imported)):
        assert not any(value in shown for value in (OPENAI, GITHUB, STRIPE, "sk-ant-api03"))


def test_forty_keys_are_stored_together_and_forty_one_not_at_all(account: Account) -> None:
    content = "".join(f"OPENAI_API_KEY_{number}={UNUSUAL}{number:04}\n" for number in range(41))

    response = account.call("POST", "/api/env/import", {"content": content})

    assert "41" in problem(response, 422, "invalid_field", "content")["detail"]
    assert account.call("GET", "/api/keys").json["items"] == []
    assert len(post(account, "import", content=content.split("\n", 1)[1])["keys"]) == 40


def test_an_export_has_this_servers_base_url_and_the_given_token(account: Account) -> None:
    post(account, "import", content=f"OPENAI_API_KEY={OPENAI}\n")
    token = account.token(["openai"])

    content = post(account, "export", token=token, content="# mine\nOPENAI_API_KEY=x\n")["content"]

    assert content == (
        f"# mine\nOPENAI_API_KEY={token}\nOPENAI_BASE_URL={account.client.url}/proxy/openai/v1\n"
    )


def test_s23_an_export_ignores_the_apis_of_other_users(account: Account) -> None:
    post(account, "import", content=f"OPENAI_API_KEY={OPENAI}\n")
    other = Account(account.client)

    assert post(other, "export")["content"] == ""
    response = other.call("POST", "/api/env/export", {"apis": ["openai"]})
    problem(response, 422, "invalid_field", "apis")


@pytest.mark.parametrize("call", ["preview", "import"])
@pytest.mark.parametrize(
    ("size", "status", "code"),
    [
        (1_048_577, 422, "invalid_field"),
        (5_000_000, 413, "request_too_large"),
        (10_485_760, 413, "request_too_large"),
    ],
)
def test_a_file_that_is_too_large_is_refused_without_its_text(
    account: Account, call: str, size: int, status: int, code: str
) -> None:
    content = ("OPENAI_API_KEY=sk-hidden\n" * (size // 25 + 1))[:size]

    response = account.call("POST", f"/api/env/{call}", {"content": content})

    problem(response, status, code)
    assert b"hidden" not in response.body


@pytest.mark.parametrize("call", ["preview", "import", "export"])
def test_env_file_endpoints_require_a_session(account: Account, call: str) -> None:
    body = {} if call == "export" else {"content": ""}

    response = account.client.call("POST", f"/api/env/{call}", body)

    problem(response, 401, "authentication_required")


def test_an_export_follows_the_scope_of_the_token(account: Account) -> None:
    content = f"OPENAI_API_KEY={OPENAI}\nGITHUB_TOKEN={GITHUB}\n"
    post(account, "import", content=content)
    token = account.token(["github"])

    exported = post(account, "export", token=token, content=content)

    assert exported["apis"] == ["github"]
    assert f"OPENAI_API_KEY={OPENAI}\nGITHUB_TOKEN={token}\n" in exported["content"]
    assert exported["secrets"] == [{"line": 1, "original_line": 1, "name": "OPENAI_API_KEY"}]
