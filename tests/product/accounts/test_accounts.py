"""Accounts: sign-up, both kinds of session, the profile, the password, the end, and throttling."""

from __future__ import annotations

import json
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from api.services.accounts.throttling import PER_ACCOUNT_AND_SOURCE, PER_SOURCE, Throttling
from api.storage.requests import LogEntry
from api.wiring import Storage
from tests.support.accounts import PASSWORD, Account, problem
from tests.support.clients import Client, HttpClient, LambdaClient, Response
from tests.support.products import another_app, door, storage_of
from tests.support.upstream import Place


@pytest.fixture(scope="module", params=["server", "function"])
def entrance(request: pytest.FixtureRequest) -> Client:
    """Both doors, for tests that share an account."""
    client: Client = request.getfixturevalue(request.param)
    return client


@pytest.fixture(autouse=True)
def within_a_window(storage: Storage) -> None:
    """Attempts are counted in windows: no test may begin just before one ends."""
    left = storage.throttles.retry_after(int(time.time()))
    if left <= 5:
        time.sleep(left)


@pytest.fixture(scope="module")
def owner(entrance: Client) -> Account:
    """A user whom no test of this module changes."""
    return Account(entrance)


@pytest.fixture(scope="module")
def storage(environment: dict[str, str]) -> Storage:
    """The table under the product."""
    return storage_of(environment)


def name() -> str:
    """A username that nobody has."""
    return f"u{secrets.token_hex(8)}x"


def register(client: Client, username: str, password: str = PASSWORD, **members: Any) -> Response:
    body = {"username": username, "email": "u@example.com", "password": password, **members}
    return client.call("POST", "/api/auth/register", body)


def login(client: Client, username: str, password: str = PASSWORD, **members: Any) -> Response:
    body = {"username": username, "password": password, **members}
    return client.call("POST", "/api/auth/login", body)


def refused(answer: Response) -> dict[str, Any]:
    """A problem without what differs from call to call."""
    document: dict[str, Any] = answer.json
    document.pop("request_id")
    return document


# -- sign-up -------------------------------------------------------------------------------------


def test_registration_gives_the_profile_and_nothing_else(client: Client) -> None:
    username = name()
    answer = register(client, username)
    assert answer.status == 201
    assert set(answer.json) == {"username", "email", "created_at"}
    assert (answer.json["username"], answer.json["email"]) == (username, "u@example.com")
    assert isinstance(answer.json["created_at"], int)


@pytest.mark.parametrize("member", ["username", "email", "password"])
def test_s26_each_member_of_a_registration_is_needed_and_is_text(
    entrance: Client, member: str
) -> None:
    body: dict[str, object] = {"username": name(), "email": "a@b.example", "password": PASSWORD}
    for wrong in (None, 1, True, [], {}, ""):
        answer = entrance.call("POST", "/api/auth/register", {**body, member: wrong})
        problem(answer, 422, "invalid_field", member)
    del body[member]
    problem(entrance.call("POST", "/api/auth/register", body), 422, "invalid_field", member)


@pytest.mark.parametrize("member", ["auth_version", "created_at", "deleting", "PK", "is_admin"])
def test_s24_unknown_members_of_a_registration_are_refused(entrance: Client, member: str) -> None:
    problem(register(entrance, name(), **{member: 1}), 422, "invalid_field", member)


@pytest.mark.parametrize(
    "email", ["a", "a@b", "@b.example", "a@", "a b@c.example", "a@b..example", "a\n@b.example",
              "a@b.example\n", "a@@b.example", "a@" + "b" * 260 + ".example"],
)  # fmt: skip
def test_what_is_no_address_is_refused(entrance: Client, email: str) -> None:
    problem(register(entrance, name(), email=email), 422, "invalid_field", "email")


@pytest.mark.parametrize(
    "username",
    ["", "a#b", "a b", " ada", "ada ", "a\x00b", "a\nb", "ada\n", "a/b", "a@b", ".ada", "ada-",
     "\u0430da", "ad\u0430", "ada\u200b", "a\u0301da", "\U0001f600", "a" * 65, "a" * 257,
     "USER#ada"],
)  # fmt: skip
def test_s21_names_outside_the_positive_list_are_refused(entrance: Client, username: str) -> None:
    problem(register(entrance, username), 422, "invalid_field", "username")


def test_s21_a_name_has_up_to_64_characters(client: Client) -> None:
    username = (name() + "y" * 64)[:64]
    assert register(client, username).status == 201
    assert login(client, username).status == 200


@pytest.mark.parametrize(
    "variant",
    [
        str.upper,
        str.title,
        lambda text: text.replace("q", "\uff51"),
        lambda text: text.replace("q", "\u24e0"),
        lambda text: text.replace("q", "\U0001d42a"),
        lambda text: text.replace("o", "0"),
        lambda text: text.replace("o", "O"),
        lambda text: text.replace("l", "1"),
        lambda text: text.replace("m", "rn"),
    ],
)
def test_s21_variants_and_look_alikes_of_a_taken_name_are_refused(
    entrance: Client, variant: Any, taken: str
) -> None:
    assert variant(taken) != taken
    problem(register(entrance, variant(taken)), 409, "username_taken", "username")
    problem(register(entrance, taken), 409, "username_taken", "username")


@pytest.fixture(scope="module")
def taken(entrance: Client) -> str:
    """A name that is registered, with letters that others look like."""
    username = f"qolm{secrets.token_hex(8)}x"
    assert register(entrance, username).status == 201
    return username


def test_s21_the_canonical_form_signs_in_however_it_is_written(client: Client) -> None:
    username = name()
    answer = register(client, username.upper())
    assert answer.json["username"] == username
    for written in (username, username.upper(), username.replace("u", "\uff35")):
        assert login(client, written).status == 200


def test_s21_twenty_registrations_at_once_yield_one_account(client: Client) -> None:
    stem = f"qol{secrets.token_hex(8)}x"
    names = [stem, stem.upper(), stem.replace("o", "0"), stem.replace("l", "1")] * 5
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda each: register(client, each), names))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 19
    winner = next(answer for answer in answers if answer.status == 201).json["username"]
    assert [written for written in set(names) if login(client, written).status == 200] != []
    assert login(client, winner).status == 200


# -- passwords -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password",
    ["a", "sevench", "password", "Password1", "12345678", "11111111", "aaaaaaaaaaaa", "iloveyou",
     "x" * 1025, "\u00e9" * 513],
)  # fmt: skip
def test_s20_weak_and_oversized_passwords_are_refused(entrance: Client, password: str) -> None:
    problem(register(entrance, name(), password), 422, "invalid_field", "password")


def test_s20_the_users_own_name_is_no_password(entrance: Client) -> None:
    username = name()
    for password in (username, username.upper(), username + "123", username[::-1]):
        problem(register(entrance, username, password), 422, "invalid_field", "password")


@pytest.mark.parametrize(
    "password",
    ["eightch!", "all lower case words", "\u5bc6\u7801\u5bc6\u7801\u5bc6\u7801\u5bc6\u7802",
     "  spaces around  ", "0123456789" * 6 + "abcd", "a long line " * 85, "nul \x00 inside it",
     "\U0001f600\U0001f601\U0001f602\U0001f603\U0001f604\U0001f605\U0001f606\U0001f607"],
)  # fmt: skip
def test_s20_any_characters_and_lengths_make_a_password(entrance: Client, password: str) -> None:
    username = name()
    assert register(entrance, username, password).status == 201
    assert login(entrance, username, password).status == 200
    problem(login(entrance, username, password[:-1]), 401, "invalid_credentials")
    problem(login(entrance, username, password + "x"), 401, "invalid_credentials")


def test_s20_passwords_rest_as_argon2id(owner: Account, storage: Storage) -> None:
    user = storage.users.get(owner.username)
    assert user is not None
    assert user.password.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


# -- sign-in -------------------------------------------------------------------------------------


def test_s22_an_unknown_name_and_a_wrong_password_get_the_same_answer(owner: Account) -> None:
    wrong = login(owner.client, owner.username, "not the password")
    for username in (name(), "no such name!", "\u0430dmin", "x" * 200):
        unknown = login(owner.client, username, "not the password")
        assert unknown.status == wrong.status == 401
        assert refused(unknown) == refused(wrong)
        names = [field for field, _ in unknown.headers]
        assert names == [field for field, _ in wrong.headers]
    problem(wrong, 401, "invalid_credentials")


def test_a_token_session_gives_both_tokens_in_the_body(owner: Account) -> None:
    answer = login(owner.client, owner.username)
    assert set(answer.json) == {"access_token", "refresh_token", "expires_in", "token_type"}
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_in"] == 900
    assert answer.all("set-cookie") == []
    assert answer.get("cache-control") == "no-store"


def test_s34_a_cookie_session_keeps_the_refresh_token_from_scripts(owner: Account) -> None:
    answer = login(owner.client, owner.username, session="cookie")
    assert set(answer.json) == {"access_token", "expires_in", "token_type"}
    (cookie,) = answer.all("set-cookie")
    pair, *attributes = [part.strip() for part in cookie.split(";")]
    assert pair.count(".") == 2
    expected = {"HttpOnly", "SameSite=Strict", "Path=/api/auth", "Max-Age=2592000"}
    if owner.client.url.startswith("https:"):  # type: ignore[attr-defined]
        expected.add("Secure")
    assert set(attributes) == expected


@pytest.mark.parametrize("kind", ["", "Cookie", None, 1, "both"])
def test_an_unknown_kind_of_session_is_refused(owner: Account, kind: object) -> None:
    problem(login(owner.client, owner.username, session=kind), 422, "invalid_field", "session")


# -- refresh and sign-out ------------------------------------------------------------------------


def cookie_of(answer: Response) -> str:
    """The cookie that an answer sets, as a client sends it."""
    (cookie,) = answer.all("set-cookie")
    return cookie.partition(";")[0]


def by_cookie(client: Client, cookie: str, *headers: tuple[str, str], call: str = "refresh") -> Any:
    return client.request("POST", f"/api/auth/{call}", [("Cookie", cookie), *headers])


def test_a_refresh_gives_a_new_pair(client: Client) -> None:
    account = Account(client)
    answer = client.call(
        "POST", "/api/auth/refresh", {"refresh_token": account.session["refresh_token"]}
    )
    assert answer.status == 200
    assert set(answer.json) == {"access_token", "refresh_token", "expires_in", "token_type"}
    assert answer.json["refresh_token"] != account.session["refresh_token"]
    assert client.call("GET", "/api/me", None, answer.json["access_token"]).status == 200


def test_a_cookie_session_is_refreshed_and_ended_from_our_own_pages(owner: Account) -> None:
    client = owner.client
    own = ("Origin", client.url)  # type: ignore[attr-defined]
    first = cookie_of(login(client, owner.username, session="cookie"))

    answer = by_cookie(client, first, own)
    assert answer.status == 200
    assert "refresh_token" not in answer.json
    second = cookie_of(answer)
    assert second != first
    access = answer.json["access_token"]
    assert client.call("GET", "/api/me", None, access).status == 200

    ended = by_cookie(client, second, ("Sec-Fetch-Site", "same-origin"), own, call="logout")
    assert ended.status == 204
    (cleared,) = ended.all("set-cookie")
    assert "Max-Age=0" in cleared and cleared.partition(";")[0].endswith("=")
    problem(client.call("GET", "/api/me", None, access), 401, "authentication_required")
    problem(by_cookie(client, second, own), 401, "invalid_refresh_token")


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("Origin", "https://evil.example"),),
        (("Origin", "null"),),
        (("Sec-Fetch-Site", "cross-site"),),
        (("Sec-Fetch-Site", "same-site"),),
        (("Sec-Fetch-Site", "none"),),
        (("Sec-Fetch-Site", "same-origin"), ("Origin", "https://evil.example")),
        (("Origin", "http://127.0.0.1"),),
        (("Origin", "https://abc123.execute-api.us-east-2.amazonaws.com.evil.example"),),
        (("Referer", "https://abc123.execute-api.us-east-2.amazonaws.com/"),),
    ],
)
def test_s34_the_cookie_is_refused_from_other_origins_and_stays_good(
    owner: Account, headers: tuple[tuple[str, str], ...]
) -> None:
    client = owner.client
    cookie = cookie_of(login(client, owner.username, session="cookie"))
    for call in ("refresh", "logout"):
        answer = by_cookie(client, cookie, *headers, call=call)
        problem(answer, 403, "cross_origin_refused")
        assert answer.all("set-cookie") == []
        assert answer.get("access-control-allow-origin") is None
    own = ("Origin", client.url)  # type: ignore[attr-defined]
    assert by_cookie(client, cookie, own).status == 200


@pytest.mark.parametrize(
    "around",
    ["a=1; {}; b=2", 'prefs={{"a": [1, 2]}}; {}', "odd name=1; {}", "=; ;; {}", "x={}; {}"],
)
def test_other_cookies_do_not_hide_ours(owner: Account, around: str) -> None:
    client = owner.client
    cookie = cookie_of(login(client, owner.username, session="cookie"))
    text = around.replace("x={}", "x=y").format(cookie)
    own = ("Origin", client.url)  # type: ignore[attr-defined]
    assert by_cookie(client, text, own).status == 200


@pytest.mark.parametrize("call", ["refresh", "logout"])
def test_without_a_refresh_token_nothing_is_refreshed_or_ended(entrance: Client, call: str) -> None:
    for body in (None, {}, {"refresh_token": None}):
        answer = entrance.call("POST", f"/api/auth/{call}", body)
        problem(answer, 401, "invalid_refresh_token")
    for wrong in ("x", "a.b.c", "\u00e9.\u00e9.\u00e9", "..", "apd_" + "a" * 80):
        answer = entrance.call("POST", f"/api/auth/{call}", {"refresh_token": wrong})
        problem(answer, 401, "invalid_refresh_token")
    answer = entrance.call("POST", f"/api/auth/{call}", {"refresh_token": "x" * 5000})
    problem(answer, 422, "invalid_field", "refresh_token")


def test_sessions_are_listed_and_another_one_can_be_ended(client: Client) -> None:
    account = Account(client)
    elsewhere = login(client, account.username, session="cookie").json["access_token"]
    items = account.call("GET", "/api/sessions").json["items"]
    assert sorted((item["kind"], item["current"]) for item in items) == [
        ("cookie", False),
        ("token", True),
    ]
    assert all("refresh" not in key or key == "refreshed_at" for item in items for key in item)
    other = next(item["session_id"] for item in items if not item["current"])
    assert account.call("DELETE", f"/api/sessions/{other}").status == 204
    problem(account.call("DELETE", f"/api/sessions/{other}"), 404, "session_not_found")
    problem(client.call("GET", "/api/me", None, elsewhere), 401, "authentication_required")
    assert account.call("GET", "/api/me").status == 200


def test_s23_a_foreign_session_is_not_there(owner: Account) -> None:
    stranger = Account(owner.client)
    (session,) = stranger.call("GET", "/api/sessions").json["items"]
    answer = owner.call("DELETE", f"/api/sessions/{session['session_id']}")
    problem(answer, 404, "session_not_found")
    assert stranger.call("GET", "/api/me").status == 200


# -- profile, password, end ----------------------------------------------------------------------


def test_the_profile_is_read_and_its_address_changed(client: Client) -> None:
    account = Account(client)
    assert account.call("GET", "/api/me").json["email"] == "u@example.com"
    changed = account.call("PATCH", "/api/me", {"email": "new@example.com"})
    assert changed.status == 200
    assert changed.json == account.call("GET", "/api/me").json
    assert changed.json["email"] == "new@example.com"


@pytest.mark.parametrize("member", ["username", "password", "created_at", "auth_version"])
def test_s24_only_the_address_of_a_profile_can_be_changed(owner: Account, member: str) -> None:
    answer = owner.call("PATCH", "/api/me", {"email": "x@y.example", member: "x"})
    problem(answer, 422, "invalid_field", member)
    assert owner.call("GET", "/api/me").json["email"] == "u@example.com"


def test_a_password_is_changed_with_the_present_one(client: Client) -> None:
    account = Account(client)
    new = "another long passphrase"

    def change(**members: object) -> Response:
        body = {"current_password": PASSWORD, "new_password": new, **members}
        return account.call("POST", "/api/me/password", body)

    problem(change(current_password="wrong password"), 403, "wrong_password")
    problem(change(new_password="password"), 422, "invalid_field", "new_password")
    problem(change(new_password=account.username), 422, "invalid_field", "new_password")
    assert account.call("GET", "/api/me").status == 200
    assert change().status == 204
    problem(login(client, account.username), 401, "invalid_credentials")
    assert login(client, account.username, new).status == 200


def test_of_two_password_changes_at_once_one_holds(client: Client) -> None:
    account = Account(client)
    wanted = [f"passphrase number {number}" for number in range(6)]

    def change(new: str) -> int:
        body = {"current_password": PASSWORD, "new_password": new}
        return account.call("POST", "/api/me/password", body).status

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(change, wanted))
    assert statuses.count(204) == 1, statuses
    assert set(statuses) <= {204, 401, 403, 409}
    good = [new for new in wanted if login(client, account.username, new).status == 200]
    assert good == [wanted[statuses.index(204)]]


def test_an_account_ends_with_everything_in_it_and_its_name_is_free(
    client: Client, place: Place, storage: Storage
) -> None:
    account = Account(client)
    for _ in range(8):
        account.key(place)
    token = account.token()
    assert account.call("PUT", "/api/rate-limits/test", {"limit": 9, "window": 60}).status == 200
    assert account.proxied(token).status == 200

    problem(account.call("DELETE", "/api/me", {"password": "wrong one"}), 403, "wrong_password")
    problem(account.call("DELETE", "/api/me", {}), 422, "invalid_field", "password")
    assert account.call("DELETE", "/api/me", {"password": PASSWORD}).status == 204

    assert storage.table.query(f"USER#{account.username}").items == []
    problem(login(client, account.username), 401, "invalid_credentials")
    again = Account(client, account.username)
    for listing in ("keys", "tokens", "requests", "rate-limits"):
        assert again.call("GET", f"/api/{listing}").json["items"] == []
    assert again.call("GET", "/api/stats").json["totals"]["requests"] == 0


def test_what_a_former_owner_of_a_name_left_late_is_not_shown_to_the_next(
    function: LambdaClient, storage: Storage
) -> None:
    """A call that was under way while its account ended is recorded after the end."""
    former = Account(function)
    assert former.call("DELETE", "/api/me", {"password": PASSWORD}).status == 204
    entry = LogEntry("r", time.time() - 1, "test", "GET", "h", "/private", 200, 1)
    storage.table.run(storage.log.put_op(former.username, entry))

    heir = Account(function, former.username)

    assert heir.call("GET", "/api/requests").json["items"] == []


def test_s17_a_deletion_that_was_interrupted_leaves_the_account_closed_and_is_finished(
    function: LambdaClient, storage: Storage, place: Place
) -> None:
    account = Account(function)
    account.key(place)
    refresh = {"refresh_token": account.session["refresh_token"]}
    storage.users.begin_deletion(account.username)

    problem(account.call("GET", "/api/me"), 401, "authentication_required")
    problem(function.call("POST", "/api/auth/refresh", refresh), 401, "invalid_refresh_token")
    problem(login(function, account.username), 401, "invalid_credentials")
    assert storage.table.query(f"USER#{account.username}").items == []
    assert register(function, account.username).status == 201


def test_a_sign_up_finishes_an_interrupted_deletion_and_only_one_of_many_gets_the_name(
    function: LambdaClient, storage: Storage
) -> None:
    account = Account(function)
    storage.users.begin_deletion(account.username)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: register(function, account.username), range(8)))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 7
    assert login(function, account.username).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/me"), ("PATCH", "/api/me"), ("DELETE", "/api/me"), ("POST", "/api/me/password"),
     ("GET", "/api/sessions"), ("DELETE", "/api/sessions/x"), ("GET", "/api/keys"),
     ("POST", "/api/keys"), ("GET", "/api/keys/x"), ("PATCH", "/api/keys/x"),
     ("DELETE", "/api/keys/x"), ("POST", "/api/keys/x/check"), ("GET", "/api/tokens"),
     ("POST", "/api/tokens"), ("DELETE", "/api/tokens/x"), ("PATCH", "/api/tokens/x"),
     ("PUT", "/api/rate-limits/x/reservations/y"), ("DELETE", "/api/rate-limits/x/reservations/y"),
     ("GET", "/api/rate-limits"),
     ("GET", "/api/rate-limits/x"), ("PUT", "/api/rate-limits/x"), ("DELETE", "/api/rate-limits/x"),
     ("GET", "/api/stats"), ("GET", "/api/requests"), ("POST", "/api/env/preview"),
     ("POST", "/api/env/import"), ("POST", "/api/env/export"), ("GET", "/proxy/x/")],
)  # fmt: skip
def test_every_protected_path_asks_who_calls(entrance: Client, method: str, path: str) -> None:
    for headers in ([], [("Authorization", "Bearer")], [("Authorization", "Bearer x.y.z")],
                    [("Authorization", "Basic dTpw")]):  # fmt: skip
        answer = entrance.request(method, path, headers)
        problem(answer, 401, "authentication_required")
        assert (answer.get("www-authenticate") or "").startswith("Bearer")


# -- who may sign up -----------------------------------------------------------------------------


def test_a_closed_dashboard_takes_no_accounts(environment: dict[str, str]) -> None:
    closed = door(another_app(environment, API_DASHBOARD_SIGN_UP="closed"))
    problem(register(closed, name()), 403, "sign_up_closed")
    assert closed.call("GET", "/api/status").json["sign_up"] == "closed"


def test_sign_up_by_invite_needs_the_code(environment: dict[str, str]) -> None:
    app = another_app(
        environment, API_DASHBOARD_SIGN_UP="invite", API_DASHBOARD_INVITE_CODE="come-in-please"
    )
    client = door(app)
    username = name()
    for code in ({}, {"invite_code": None}, {"invite_code": ""}, {"invite_code": "come-in"},
                 {"invite_code": "COME-IN-PLEASE"}, {"invite_code": "\u00e9"}):  # fmt: skip
        problem(register(client, username, **code), 403, "invite_required", "invite_code")
    assert register(client, username, invite_code="come-in-please").status == 201
    assert b"come-in" not in client.call("GET", "/api/status").body


def test_s22_guesses_of_the_invite_code_are_throttled(environment: dict[str, str]) -> None:
    app = another_app(
        environment, API_DASHBOARD_SIGN_UP="invite", API_DASHBOARD_INVITE_CODE="come-in-please"
    )
    guesser = door(app, "198.51.100.77")
    answers = [register(guesser, name(), invite_code=f"guess{i}") for i in range(25)]
    problem(answers[-1], 429, "too_many_attempts")
    problem(register(guesser, name(), invite_code="come-in-please"), 429, "too_many_attempts")
    assert register(door(app, "198.51.100.78"), name(), invite_code="come-in-please").status == 201


# -- throttling ----------------------------------------------------------------------------------


def hammer(client: Client, username: str, times: int = PER_ACCOUNT_AND_SOURCE) -> list[int]:
    """Failed sign-ins."""
    return [login(client, username, "wrong password").status for _ in range(times)]


def test_s22_attempts_at_an_account_are_throttled_even_with_the_right_password(
    client: Client,
) -> None:
    account = Account(client)
    assert hammer(client, account.username) == [401] * PER_ACCOUNT_AND_SOURCE
    answer = login(client, account.username)
    problem(answer, 429, "too_many_attempts")
    assert 1 <= int(answer.get("retry-after") or 0) <= 900


def test_s22_an_unknown_name_is_throttled_just_the_same(client: Client) -> None:
    username = name()
    assert hammer(client, username) == [401] * PER_ACCOUNT_AND_SOURCE
    problem(login(client, username), 429, "too_many_attempts")


def test_s22_variants_of_the_name_do_not_get_round_the_throttle(client: Client) -> None:
    account = Account(client)
    variants = [account.username.upper(), account.username.title(),
                account.username.replace("u", "\uff55"), account.username.replace("x", "\u24e7"),
                account.username.replace("u", "\U0001d4ca")]  # fmt: skip
    for turn in range(PER_ACCOUNT_AND_SOURCE):
        written = variants[turn % len(variants)]
        problem(login(client, written, "wrong password"), 401, "invalid_credentials")
    for written in [account.username, *variants]:
        problem(login(client, written), 429, "too_many_attempts")


@pytest.mark.parametrize(
    "field", ["X-Forwarded-For", "X_Forwarded_For", "Forwarded", "X-Real-IP", "True-Client-IP",
              "CF-Connecting-IP", "X-Client-IP", "X-Forwarded-Host"],
)  # fmt: skip
def test_s14_s22_forwarded_headers_do_not_get_round_the_throttle(
    entrance: Client, field: str
) -> None:
    username = name()
    body = {"username": username, "password": "wrong password"}

    def attempt(number: int) -> Response:
        value = f"for=192.0.2.{number}" if field == "Forwarded" else f"192.0.2.{number}"
        headers = [("Content-Type", "application/json"), (field, value)]
        return entrance.request("POST", "/api/auth/login", headers, json.dumps(body).encode())

    for number in range(PER_ACCOUNT_AND_SOURCE):
        problem(attempt(number), 401, "invalid_credentials")
    problem(attempt(99), 429, "too_many_attempts")


def test_s22_parallel_attempts_all_count(client: Client) -> None:
    account = Account(client)
    with ThreadPoolExecutor(20) as pool:
        answers = pool.map(lambda _: login(client, account.username, "wrong password"), range(30))
        statuses = [answer.status for answer in answers]
    assert statuses.count(401) == PER_ACCOUNT_AND_SOURCE
    assert statuses.count(429) == 30 - PER_ACCOUNT_AND_SOURCE


def test_s22_throttling_locks_neither_the_owner_elsewhere_nor_others_out(app: Flask) -> None:
    attacker, owner = door(app, "198.51.100.1"), door(app, "198.51.100.2")
    victim, neighbour = Account(owner), Account(attacker)
    hammer(attacker, victim.username, PER_SOURCE + 10)
    problem(login(attacker, victim.username), 429, "too_many_attempts")
    assert login(owner, victim.username).status == 200
    assert login(attacker, neighbour.username).status == 200


def test_s22_a_source_that_tries_many_names_is_throttled(app: Flask, storage: Storage) -> None:
    attacker, elsewhere = door(app, "198.51.100.9"), door(app, "198.51.101.9")
    user = Account(elsewhere)
    throttling = Throttling(storage.throttles)
    for _ in range(PER_SOURCE - 1):
        throttling.attempt_sign_in(name(), "198.51.100.9", int(time.time()))
    problem(login(attacker, name(), "wrong password"), 401, "invalid_credentials")
    problem(login(attacker, user.username), 429, "too_many_attempts")
    assert login(elsewhere, user.username).status == 200


def test_s22_one_ipv6_subscriber_is_one_source(app: Flask) -> None:
    username = name()
    for number in range(PER_ACCOUNT_AND_SOURCE):
        attacker = door(app, f"2001:db8:1:2::{number:x}")
        problem(login(attacker, username, "wrong password"), 401, "invalid_credentials")
    again = login(door(app, "2001:db8:1:2:ffff::1"), username, "wrong password")
    problem(again, 429, "too_many_attempts")
    other = login(door(app, "2001:db8:1:3::1"), username, "wrong password")
    problem(other, 401, "invalid_credentials")


def test_a_success_forgets_the_failures_before_it(client: Client) -> None:
    account = Account(client)
    for _ in range(3):
        hammer(client, account.username, PER_ACCOUNT_AND_SOURCE - 1)
        assert login(client, account.username).status == 200


def test_s22_a_stolen_access_token_does_not_guess_the_password(client: Client) -> None:
    account = Account(client)
    for _ in range(PER_ACCOUNT_AND_SOURCE):
        answer = account.call("DELETE", "/api/me", {"password": "wrong password"})
        problem(answer, 403, "wrong_password")
    problem(account.call("DELETE", "/api/me", {"password": PASSWORD}), 429, "too_many_attempts")
    body = {"current_password": PASSWORD, "new_password": "another long passphrase"}
    problem(account.call("POST", "/api/me/password", body), 429, "too_many_attempts")


def test_the_server_takes_no_second_source_field_for_its_own(server: HttpClient) -> None:
    account = Account(server)
    (session,) = account.call("GET", "/api/sessions").json["items"]
    assert session["source"] == "127.0.0.1"
