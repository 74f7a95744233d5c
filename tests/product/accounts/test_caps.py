"""Caps per account: keys, tokens and sessions (S44)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from api.wsgi import App
from tests.support.accounts import Account, list_all, problem
from tests.support.products import another_app, lambda_client

KEY = {
    "base_url": "https://api.example.com",
    "auth": {"scheme": "bearer"},
    "secret": "sk-0123456789",
}


@pytest.fixture(scope="module")
def small(environment: dict[str, str]) -> App:
    return another_app(
        environment,
        API_DASHBOARD_MAX_KEYS="3",
        API_DASHBOARD_MAX_TOKENS="3",
        API_DASHBOARD_MAX_SESSIONS="4",
    )


@pytest.fixture
def user(small: App) -> Account:
    return Account(lambda_client(small))


def test_s44_parallel_creations_stay_within_the_cap(user: Account) -> None:
    for path, body, code, setting in (
        (
            "/api/tokens",
            {"name": "t", "apis": ["*"]},
            "too_many_tokens",
            "API_DASHBOARD_MAX_TOKENS",
        ),
        ("/api/keys", {**KEY, "api_name": "test"}, "too_many_keys", "API_DASHBOARD_MAX_KEYS"),
    ):
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda _, p=path, b=body: user.call("POST", p, b), range(6)))
        assert sorted(answer.status for answer in answers) == [201] * 3 + [409] * 3
        document = problem(user.call("POST", path, body), 409, code)
        assert "at most 3" in document["detail"] and setting in document["detail"]
        assert len(list_all(user, path)) == 3


def test_s44_a_deletion_makes_room(user: Account) -> None:
    tokens = [user.token_details() for _ in range(3)]
    keys = [user.call("POST", "/api/keys", {**KEY, "api_name": f"a{n}"}).json for n in range(3)]
    for path, item in (("tokens", tokens[0]["token_id"]), ("keys", keys[0]["key_id"])):
        assert user.call("DELETE", f"/api/{path}/{item}").status == 204
    assert user.token_details()
    assert user.call("POST", "/api/keys", {**KEY, "api_name": "again"}).status == 201


def test_s44_an_import_over_the_cap_stores_nothing(user: Account) -> None:
    content = "".join(
        f"{name}_API_KEY=sk-{name.lower()}-R4nd0mQ7w9Zx2Lk8Vb3Nm5Tp1Ys6\n"
        for name in ("OPENAI", "GROQ", "MISTRAL", "COHERE")
    )
    plan = user.call("POST", "/api/env/plan", {"content": content})
    answer = user.call("POST", "/api/env/import", {"content": content})
    if answer.status == 201:
        pytest.fail(f"fewer than four keys: {plan.body!r}")
    problem(answer, 409, "too_many_keys")
    assert list_all(user, "/api/keys") == []


def test_s44_the_session_used_longest_ago_ends_instead_of_the_sign_in_failing(
    user: Account,
) -> None:
    for _ in range(8):
        user.sign_in()
        assert user.call("GET", "/api/me").status == 200
        assert len(list_all(user, "/api/sessions")) <= 4


def test_s44_zero_is_without_limit(environment: dict[str, str]) -> None:
    app = another_app(environment, API_DASHBOARD_MAX_TOKENS="0", API_DASHBOARD_MAX_SESSIONS="0")
    user = Account(lambda_client(app))
    for _ in range(5):
        user.token()
        user.sign_in()
    assert len(list_all(user, "/api/sessions")) == 6
