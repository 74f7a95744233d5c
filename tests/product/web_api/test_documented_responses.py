"""Every endpoint responds as the OpenAPI document says."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema_rs

from api.openapi.proxied import METHODS, PATH
from tests.support.accounts import PASSWORD, Account
from tests.support.authenticator import SoftPasskey
from tests.support.clients import Response
from tests.support.factors import App, origin_of, passkey_client
from tests.support.openapi import DOCUMENT, operations, resolve
from tests.support.upstream import Answer, Place


class Walker:
    """Calls endpoints and validates each response; every field must be in the document."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._components = copy.deepcopy(DOCUMENT["components"])
        for name, schema in self._components["schemas"].items():
            if name != "ProblemDocument" and "properties" in schema:
                schema["additionalProperties"] = False
        self.seen: set[tuple[str, str]] = set()

    def visit(
        self,
        method: str,
        path: str,
        status: int,
        body: object = None,
        /,
        *,
        query: str = "",
        token: str | None = None,
        **parameters: str,
    ) -> Response:
        """Call an endpoint and validate the response.

        `token` replaces the access token; an empty one means none.
        """
        target = path.format(**parameters) + query
        access = self.account.access if token is None else token
        answer = self.account.client.call(method, target, body, access or None)
        assert answer.status == status, (method, target, answer.body)
        operation = DOCUMENT["paths"][path][method.lower()]
        responses = operation["responses"]
        key = str(status) if str(status) in responses or path != PATH else "default"
        assert key in responses, (method, path, status)
        response = resolve(responses[key])
        self._check_headers(answer, response)
        if method == "HEAD":
            assert answer.body == b""
        else:
            self._check_body(answer, response)
        if status < 400:
            self.seen.add((method, path))
        return answer

    def _check_headers(self, answer: Response, response: dict[str, Any]) -> None:
        for name, header in response["headers"].items():
            header = resolve(header)
            assert answer.get(name) is not None or not header.get("required"), name
        cookies = answer.all("set-cookie")
        assert not cookies or "Set-Cookie" in response["headers"]

    def _check_body(self, answer: Response, response: dict[str, Any]) -> None:
        content = response.get("content")
        if content is None:
            assert answer.body == b""
            return
        media_type = (answer.get("content-type") or "").partition(";")[0]
        medium = content.get(media_type) or content["*/*"]
        if media_type.endswith("json"):
            schema = {**medium["schema"], "components": self._components}
            jsonschema_rs.validate(schema, answer.json, validate_formats=True)


def test_every_endpoint_responds_as_documented(account: Account, place: Place) -> None:
    walker = Walker(account)
    visit = walker.visit
    fields = {"Limit": "60", "Remaining": "59", "Reset": "30"}
    limits = [(f"X-RateLimit-{name}", value) for name, value in fields.items()]
    place.answer(Answer(headers=[("Content-Type", "application/json"), *limits]))
    for path in ("/api/status", "/api/openapi.json", "/api/docs", "/api/docs.css"):
        visit("GET", path, 200, token="")

    _walk_accounts(walker)
    _walk_factors(walker)
    _walk_keys(walker, place)
    _walk_the_proxy(walker)
    _walk_tokens_and_statistics(walker)
    _walk_spend(walker)
    _walk_reconciliations(walker, place)
    _walk_notifications(walker, place)
    _walk_the_audit_log(walker)

    visit("PATCH", "/api/me", 401, {"email": "b@example.com"}, token="")
    visit("GET", "/api/me", 403, token=account.token())
    visit("DELETE", "/api/me", 403, {"password": "wrong"})
    visit("DELETE", "/api/me", 204, {"password": PASSWORD})
    everything = {(method, path) for method, path, _ in operations()}
    assert walker.seen == everything


def _walk_accounts(walker: Walker) -> None:
    visit, account = walker.visit, walker.account
    member = {"username": account.username + "2", "password": PASSWORD}
    visit("POST", "/api/auth/register", 201, {**member, "email": "a@example.com"}, token="")
    visit("POST", "/api/auth/register", 409, {**member, "email": "a@example.com"}, token="")
    visit("POST", "/api/auth/register", 422, member, token="")
    visit("POST", "/api/auth/login", 401, {**member, "password": "wrong"}, token="")
    visit("POST", "/api/auth/login", 200, {**member, "session": "cookie"}, token="")
    session = visit("POST", "/api/auth/login", 200, member, token="").json
    fresh = visit(
        "POST", "/api/auth/refresh", 200, {"refresh_token": session["refresh_token"]}, token=""
    ).json
    visit("POST", "/api/auth/logout", 204, {"refresh_token": fresh["refresh_token"]}, token="")
    visit("POST", "/api/auth/logout", 204, {"refresh_token": fresh["refresh_token"]}, token="")
    visit("POST", "/api/auth/logout", 401, {"refresh_token": "x"}, token="")
    visit("GET", "/api/me", 200)
    visit("PATCH", "/api/me", 200, {"email": "b@example.com"})
    visit("PATCH", "/api/me", 422, {"email": "b@example.com", "username": "root"})
    sessions = visit("GET", "/api/sessions", 200).json["items"]
    visit("DELETE", "/api/sessions/{session_id}", 204, session_id=sessions[0]["session_id"])
    account.sign_in()
    visit("DELETE", "/api/sessions/{session_id}", 404, session_id="0" * 32)
    change = {"current_password": PASSWORD, "new_password": PASSWORD}
    visit("POST", "/api/me/password", 204, change)
    account.sign_in()


def _walk_factors(walker: Walker) -> None:
    visit, account = walker.visit, walker.account
    account.client = passkey_client(account.client)
    origin = origin_of(account.client)
    visit("POST", "/api/me/recovery-codes", 409)
    started = visit("POST", "/api/me/passkeys/options", 200).json
    passkey = SoftPasskey()
    body = {"pending": started["pending"], "name": "Phone"}
    body |= {"credential": passkey.create(started["options"], origin)}
    added = visit("POST", "/api/me/passkeys", 201, body).json
    passkey_id = added["passkey"]["passkey_id"]
    visit("POST", "/api/me/passkeys", 409, body)
    visit("PATCH", "/api/me/passkeys/{passkey_id}", 200, {"name": "Key"}, passkey_id=passkey_id)
    started = visit("POST", "/api/me/totp", 200).json
    body = {"pending": started["pending"], "code": "000000"}
    visit("POST", "/api/me/totp/confirm", 422, body)
    app = App(started["secret"])
    visit("POST", "/api/me/totp/confirm", 200, {**body, "code": app.code()})
    visit("GET", "/api/me/factors", 200)
    codes = visit("POST", "/api/me/recovery-codes", 200).json["recovery_codes"]
    member = {"username": account.username, "password": PASSWORD}
    challenge = visit("POST", "/api/auth/login", 401, member, token="").json
    wrong = {"pending": challenge["pending"], "code": "0000-0000-0000-0000"}
    visit("POST", "/api/auth/second-factor", 401, wrong, token="")
    visit("POST", "/api/auth/second-factor", 200, {**wrong, "code": codes[0]}, token="")
    started = visit("POST", "/api/auth/passkey/options", 200, token="").json
    body = {"pending": started["pending"]}
    body |= {"credential": passkey.sign(started["options"], origin)}
    visit("POST", "/api/auth/passkey", 200, body, token="")
    visit("POST", "/api/auth/passkey", 409, body, token="")
    visit("POST", "/api/auth/step-up/options", 200)
    visit("POST", "/api/auth/step-up", 401, {"code": codes[0]})
    visit("POST", "/api/auth/step-up", 200, {"code": codes[1]})
    visit("POST", "/api/me/exports", 204)
    visit("DELETE", "/api/me/passkeys/{passkey_id}", 204, passkey_id=passkey_id)
    visit("DELETE", "/api/me/passkeys/{passkey_id}", 404, passkey_id=passkey_id)
    visit("DELETE", "/api/me/totp", 204)
    visit("DELETE", "/api/me/totp", 404)


def _walk_keys(walker: Walker, place: Place) -> None:
    visit, account = walker.visit, walker.account
    key = account.key(place)
    visit("POST", "/api/keys", 201, {"provider": "openai", "secret": "sk-0123456789abcdef"})
    by_header = {"scheme": "header", "name": "X-Key", "prefix": "Key "}
    body = {"base_url": place.url, "auth": by_header, "secret": "0123456789", "api_name": "two"}
    visit("POST", "/api/keys", 201, body)
    visit("POST", "/api/keys", 422, {**body, "base_url": "https://127.0.0.1/"})
    visit("GET", "/api/addresses", 200)
    visit("GET", "/api/keys", 200)
    page = visit("GET", "/api/keys", 200, query="?limit=1").json
    visit("GET", "/api/keys", 200, query=f"?limit=1&cursor={page['next_cursor']}")
    visit("GET", "/api/keys", 400, query="?cursor=AAAA")
    visit("GET", "/api/keys", 422, query="?limit=0")
    visit("POST", "/api/keys/{key_id}/check", 200, key_id=key["key_id"])
    visit("GET", "/api/keys/{key_id}", 200, key_id=key["key_id"])
    visit("PATCH", "/api/keys/{key_id}", 200, {"description": "d"}, key_id=key["key_id"])
    visit("PATCH", "/api/keys/{key_id}", 404, {"description": "d"}, key_id="test.none")
    spare = account.key(place)
    visit("DELETE", "/api/keys/{key_id}", 204, key_id=spare["key_id"])
    visit("DELETE", "/api/keys/{key_id}", 404, key_id=spare["key_id"])
    visit("GET", "/api/providers", 200, query="?limit=200", token="")
    visit("GET", "/api/providers/{slug}", 200, token="", slug="openai")
    visit("GET", "/api/providers/{slug}", 404, token="", slug="none")
    visit("GET", "/api/agents", 200)
    visit("GET", "/api/agents", 200, query="?provider=openai")
    visit("GET", "/api/agents", 404, query="?provider=none")
    text = {"content": "# mine\nGITHUB_TOKEN=ghp_0123456789abcdefghij0123456789abcdef\nDEBUG=1\n"}
    visit("POST", "/api/env/preview", 200, text)
    visit("POST", "/api/env/import", 201, text)
    visit("POST", "/api/env/export", 200, text)


def _walk_the_audit_log(walker: Walker) -> None:
    visit = walker.visit
    page = visit("GET", "/api/audit", 200, query="?limit=2").json
    visit("GET", "/api/audit", 200, query=f"?limit=2&cursor={page['next_cursor']}")
    visit("GET", "/api/audit", 400, query="?cursor=AAAA")
    visit("GET", "/api/audit", 422, query="?action=%25")
    visit("GET", "/api/audit", 200, query="?scope=installation")
    visit("GET", "/api/audit.csv", 200, query="?outcome=failed")


def _walk_the_proxy(walker: Walker) -> None:
    visit, account = walker.visit, walker.account
    visit("PUT", "/api/rate-limits/{api_name}", 200, {"limit": 20, "window": 60}, api_name="test")
    token = account.token(["test"], limit=20, window=60)
    for method in METHODS:
        where = {"api_name": "test", "path": "v1/x"}
        answer = visit(method.upper(), PATH, 200, token=token, **where)
        assert answer.get("ratelimit") is not None
        assert answer.get("server-timing") is not None
    visit("GET", PATH, 401, token="", api_name="test", path="v1/x")
    visit("GET", PATH, 403, token=token, api_name="other", path="v1/x")
    visit("GET", PATH, 404, api_name="other", path="v1/x")
    visit("GET", PATH, 400, api_name="test", path="%2e%2e/%2e%2e/x")
    visit("PUT", "/api/rate-limits/{api_name}", 200, {"limit": 1, "window": 60}, api_name="two")
    visit("GET", PATH, 200, api_name="two", path="v1/x")
    visit("GET", PATH, 429, api_name="two", path="v1/x")
    _walk_reservations(walker)
    visit("GET", "/api/rate-limits", 200)
    visit("GET", "/api/rate-limits/{api_name}", 200, api_name="test")
    visit("GET", "/api/rate-limits/{api_name}", 404, api_name="none")
    visit("PUT", "/api/rate-limits/{api_name}", 422, {"limit": 0, "window": 1}, api_name="test")
    visit("DELETE", "/api/rate-limits/{api_name}", 204, api_name="test")


def _walk_reservations(walker: Walker) -> None:
    visit, account = walker.visit, walker.account
    path = "/api/rate-limits/{api_name}/reservations/{token_id}"
    token = account.token_details(["test", "none"])
    named = {"api_name": "test", "token_id": token["token_id"]}
    visit("PUT", path, 200, {"share": 0.3}, **named)
    visit("PUT", path, 422, {"amount": 21}, **named)
    visit("PUT", path, 409, {"amount": 1}, **{**named, "api_name": "none"})
    visit("PUT", path, 404, {"amount": 1}, **{**named, "token_id": "none"})
    visit("GET", PATH, 200, token=token["token"], api_name="test", path="v1/x")
    visit("PUT", "/api/rate-limits/{api_name}", 200, {"limit": 10, "window": 60}, api_name="test")
    visit("GET", "/api/tokens", 200)
    visit("DELETE", path, 204, **named)
    visit("DELETE", path, 404, **named)


def _walk_tokens_and_statistics(walker: Walker) -> None:
    visit = walker.visit
    body = {"name": "t", "apis": ["test"], "expires_in": 3600, "path_prefixes": ["/v1"]}
    token = visit("POST", "/api/tokens", 201, body).json
    visit("POST", "/api/tokens", 422, {"name": "t", "apis": ["test"], "limit": 5})
    visit("GET", "/api/tokens", 200)
    visit("GET", "/api/tokens/{token_id}", 200, token_id=token["token_id"])
    visit("GET", "/api/tokens/{token_id}", 404, token_id="none")
    visit("GET", "/api/token", 200, token=token["token"])
    visit("GET", "/api/token", 403)
    visit("GET", "/api/token", 401, token="")
    simulating = {"rehearsal": {"share": 1}, "limit": 9, "window": 60}
    visit("PATCH", "/api/tokens/{token_id}", 200, simulating, token_id=token["token_id"])
    visit("GET", PATH, 429, token=token["token"], api_name="test", path="v1/x")
    visit("PATCH", "/api/tokens/{token_id}", 422, {"limit": 9}, token_id=token["token_id"])
    visit("PATCH", "/api/tokens/{token_id}", 404, {"name": "n"}, token_id="none")
    visit("POST", "/api/tokens/{token_id}/rotate", 200, {"overlap": 60}, token_id=token["token_id"])
    visit("POST", "/api/tokens/{token_id}/rotate", 404, {}, token_id="none")
    visit("GET", "/api/tokens/{token_id}", 200, token_id=token["token_id"])
    visit("DELETE", "/api/tokens/{token_id}/previous", 204, token_id=token["token_id"])
    visit("DELETE", "/api/tokens/{token_id}/previous", 404, token_id="none")
    visit("DELETE", "/api/tokens/{token_id}", 204, token_id=token["token_id"])
    visit("DELETE", "/api/tokens/{token_id}", 404, token_id=token["token_id"])
    visit("GET", "/api/stats", 200)
    visit("GET", "/api/stats", 200, query="?granularity=day")
    requests = visit("GET", "/api/requests", 200).json["items"]
    assert requests
    visit("GET", "/api/requests", 200, query="?limit=2&status=2xx&api_name=test")
    visit("GET", "/api/requests", 422, query="?status=9xx")


def _walk_spend(walker: Walker) -> None:
    visit = walker.visit
    visit("GET", "/api/spend", 200, query="?time_zone=Europe/Berlin")
    visit("GET", "/api/spend", 422, query="?start=2026-02-30")
    visit("GET", "/api/spend.csv", 200)
    budget = {"scope": {"type": "account"}, "period": "month", "amount_usd": 5}
    named = {"budget_id": "account:month"}
    visit("POST", "/api/budgets", 201, budget)
    visit("POST", "/api/budgets", 409, budget)
    visit("POST", "/api/budgets", 422, {**budget, "amount_usd": 0})
    visit("GET", "/api/budgets", 200)
    visit("GET", "/api/budgets/{budget_id}", 200, **named)
    visit("PATCH", "/api/budgets/{budget_id}", 200, {"amount_usd": "7.5"}, **named)
    visit("DELETE", "/api/budgets/{budget_id}", 204, **named)
    visit("GET", "/api/budgets/{budget_id}", 404, **named)
    prices = {
        "rules": [
            {"per_call_usd": "0.25"},
            {"model": "m*", "units": [{"source": "unit", "name": "input_tokens",
                                       "amount_usd": 1, "per": 1_000_000}]},
        ],
        "default_bound_usd": 1,
    }  # fmt: skip
    visit("PUT", "/api/prices/{api_name}", 200, prices, api_name="test")
    visit("PUT", "/api/prices/{api_name}", 404, prices, api_name="none")
    visit("GET", "/api/prices", 200)
    visit("GET", "/api/prices/{api_name}", 200, api_name="test")
    visit("GET", "/api/prices/{api_name}/models", 200, api_name="openai")
    visit("GET", "/api/prices/{api_name}/models", 200, api_name="test")
    visit("DELETE", "/api/prices/{api_name}", 204, api_name="test")
    visit("DELETE", "/api/prices/{api_name}", 404, api_name="test")


def _walk_reconciliations(walker: Walker, place: Place) -> None:
    visit, account = walker.visit, walker.account
    account.key(place, api_name="admin", provider="openai")
    path = "/api/spend/reconciliations/{api_name}"
    visit("PUT", path, 200, {"admin_api_name": "admin"}, api_name="test")
    visit("PUT", path, 422, {"admin_api_name": "none"}, api_name="test")
    visit("GET", "/api/spend/reconciliations", 200)
    visit("POST", f"{path}/run", 200, None, api_name="test")
    visit("DELETE", path, 204, api_name="test")
    visit("DELETE", path, 404, api_name="test")


def _walk_notifications(walker: Walker, place: Place) -> None:
    visit = walker.visit
    body = {"name": "Mine", "kind": "webhook", "address": f"{place.url}/hook"}
    path = "/api/notifications/targets/{target_id}"
    target = visit("POST", "/api/notifications/targets", 201, body).json
    visit("POST", "/api/notifications/targets", 422, {**body, "address": "http://10.0.0.1/"})
    visit("POST", "/api/notifications/targets", 409, {**body, "kind": "email"})
    named = {"target_id": target["target_id"]}
    visit("GET", "/api/notifications/targets", 200)
    visit("GET", path, 200, **named)
    visit("PATCH", path, 200, {"events": ["budget"]}, **named)
    visit("POST", f"{path}/rotate-secret", 200, None, **named)
    visit("POST", f"{path}/test", 200, None, **named)
    visit("GET", "/api/notifications", 200)
    visit("GET", "/api/notifications", 400, query="?cursor=AAAA")
    visit("DELETE", path, 204, **named)
    visit("DELETE", path, 404, **named)
