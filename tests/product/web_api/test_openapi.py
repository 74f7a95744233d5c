"""The OpenAPI document: valid, complete, and what the running API really does."""

from __future__ import annotations

import copy
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from flask import Flask

from api.aws_lambda.parameters import within_platform_limits
from api.endpoint import BODY_LIMIT
from api.errors import PROBLEMS
from api.openapi import document
from api.openapi.examples import BODIES
from api.openapi.overview import PARAMETERS, TAGS
from api.openapi.problems import ADVICE
from api.openapi.proxied import METHODS, PATH
from api.openapi.schemas import query_parameters
from api.routes import GROUPS
from api.services.accounts import throttling
from api.services.accounts.claims import ACCESS_SECONDS, REFRESH_SECONDS
from api.settings import read_settings
from api.wsgi import App
from tests.support.accounts import PASSWORD, Account
from tests.support.clients import Client, Response
from tests.support.upstream import Answer, Place

ROOT = Path(__file__).resolve().parents[3]
ENDPOINTS = [endpoint for group in GROUPS for endpoint in group.endpoints]


@pytest.fixture(scope="module")
def documented() -> dict[str, Any]:
    """The document, made anew."""
    return document(ENDPOINTS)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation: method, path, operation object."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield method.upper(), path, operation


def resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """What a reference leads to."""
    while "$ref" in part:
        found: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def test_the_document_is_valid_openapi_3_1(documented: dict[str, Any]) -> None:
    assert documented["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(documented).validate()


def test_every_schema_is_valid_json_schema(documented: dict[str, Any]) -> None:
    for schema in documented["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)


def test_every_rule_of_the_application_is_documented_and_the_other_way_round(
    app: App, documented: dict[str, Any]
) -> None:
    assert isinstance(app.api, Flask)
    rules = {
        (method, re.sub(r"<(?:[^<>]+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.api.url_map.iter_rules()
        for method in rule.methods or ()
        if rule.rule.startswith("/api/") and method not in ("HEAD", "OPTIONS")
    }
    described = {(method, path) for method, path, _ in operations(documented)}
    assert described == rules | {(method.upper(), PATH) for method in METHODS}


def test_the_document_costs_nothing_until_somebody_asks_for_it() -> None:
    program = "import sys, api.routes; print({'api.openapi', 'api.docs_page'} & set(sys.modules))"
    command = [sys.executable, "-c", program]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "set()"


def test_operations_have_names_of_their_own_and_a_described_area(
    documented: dict[str, Any],
) -> None:
    names = [operation["operationId"] for _, _, operation in operations(documented)]
    assert len(names) == len(set(names))
    assert {tag for _, _, each in operations(documented) for tag in each["tags"]} == set(TAGS)


def test_s24_every_request_record_refuses_unknown_members(documented: dict[str, Any]) -> None:
    for _, path, operation in operations(documented):
        if path == PATH or "requestBody" not in operation:
            continue
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert resolved(documented, schema)["additionalProperties"] is False


def test_example_bodies_are_valid(documented: dict[str, Any]) -> None:
    wanted = {endpoint.operation for endpoint in ENDPOINTS if endpoint.body is not None}
    assert set(BODIES) == wanted
    for method, path, operation in operations(documented):
        if path == PATH or "requestBody" not in operation:
            continue
        medium = operation["requestBody"]["content"]["application/json"]
        root = {**medium["schema"], "components": documented["components"]}
        assert jsonschema_rs.is_valid(root, medium["example"]), (method, path)


def test_listings_share_their_description_of_pages(documented: dict[str, Any]) -> None:
    """A listing is known by its answer; its own query must say what the shared parameters say."""
    page = {key["name"]: key for key in (PARAMETERS["PageLimit"], PARAMETERS["PageCursor"])}
    lists = [
        endpoint
        for endpoint in ENDPOINTS
        if getattr(endpoint.answer, "__struct_fields__", ()) == ("items", "next_cursor")
    ]
    assert len(lists) >= 6
    for endpoint in lists:
        assert endpoint.query is not None, endpoint.path
        given = {each["name"]: each for each in query_parameters(endpoint.query)}
        for name in page:
            assert given[name]["schema"] == page[name]["schema"], endpoint.path
        references = [
            each["$ref"]
            for each in documented["paths"][endpoint.path]["get"]["parameters"]
            if "$ref" in each
        ]
        assert references == [
            "#/components/parameters/PageLimit",
            "#/components/parameters/PageCursor",
        ]


def test_every_error_answer_is_a_problem_document_with_codes_of_its_status(
    documented: dict[str, Any],
) -> None:
    for method, path, operation in operations(documented):
        for status, response in operation["responses"].items():
            if not status.startswith(("4", "5")):
                continue
            content = resolved(documented, response)["content"]
            codes = content["application/problem+json"]["schema"]["properties"]["code"]["enum"]
            assert codes, (method, path)
            assert {PROBLEMS[code][0] for code in codes} == {int(status)}


def test_every_problem_code_is_listed_on_the_page_and_in_the_docs(client: Client) -> None:
    page = client.request("GET", "/api/docs").body.decode()
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d{3}) \| `(\w+)` \| (.*?)\. \| (.*) \|$", text, re.MULTILINE)
    assert {row[1]: (int(row[0]), row[2], row[3]) for row in rows} == {
        code: (*PROBLEMS[code], ADVICE[code]) for code in PROBLEMS
    }
    for code in PROBLEMS:
        assert f'id="{code}"' in page


def test_the_docs_state_the_limits_that_the_code_has() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    settings = read_settings({})
    deployed = within_platform_limits(settings)
    for stated in (
        f"{throttling.PER_ACCOUNT_AND_SOURCE} for an account from one source, "
        f"{throttling.PER_SOURCE} from one source",
        f"{throttling.SIGN_UPS_PER_SOURCE} from one source; "
        f"{throttling.INVITES_PER_SOURCE} with a wrong invite code",
        f"{BODY_LIMIT // 1024} KiB; 2.5 MB",
        f"{settings.max_request_bytes // 2**20} MiB (`API_DASHBOARD_MAX_REQUEST_BYTES`) "
        f"| {deployed.max_request_bytes // 2**20} MiB |",
        f"{(deployed.max_response_bytes or 0) / 1e6:g} MB |",
        f"{settings.upstream_timeout:g} s (`API_DASHBOARD_UPSTREAM_TIMEOUT`) "
        f"| {deployed.upstream_timeout:g} s |",
        f"{settings.request_log_days} days (`API_DASHBOARD_REQUEST_LOG_DAYS`)",
        f"{ACCESS_SECONDS // 60} minutes",
        f"{REFRESH_SECONDS // 86_400} days from its last use",
    ):
        assert stated in text


def test_the_page_has_a_place_for_every_call_and_no_broken_link(
    client: Client, documented: dict[str, Any]
) -> None:
    page = client.request("GET", "/api/docs").body.decode()
    anchors = re.findall(r' id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(anchors)
    for _, path, operation in operations(documented):
        if path != PATH:
            assert operation["operationId"] in anchors


def test_s33_the_page_runs_no_script_and_loads_nothing_from_elsewhere(client: Client) -> None:
    answer = client.request("GET", "/api/docs")
    assert (answer.get("content-type") or "").startswith("text/html")
    policy = answer.get("content-security-policy") or ""
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    page = answer.body.decode()
    assert "<script" not in page
    assert " style=" not in page
    assert not re.search(r'(?:src|href)="(?!#|/api/|data:,")', page)
    style = client.request("GET", "/api/docs.css")
    assert (style.get("content-type") or "").startswith("text/css")
    assert "prefers-color-scheme: dark" in style.body.decode()
    assert "url(" not in style.body.decode()


class Walker:
    """Calls the API and holds each answer against the document; every member must be described."""

    def __init__(self, account: Account, document: dict[str, Any]) -> None:
        self.account = account
        self._document = document
        self._components = copy.deepcopy(document["components"])
        for name, schema in self._components["schemas"].items():
            if name != "Problem" and "properties" in schema:
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
        """One call, its answer checked; `token` replaces the access token, empty for none."""
        target = path.format(**parameters) + query
        access = self.account.access if token is None else token
        answer = self.account.client.call(method, target, body, access or None)
        assert answer.status == status, (method, target, answer.body)
        operation = self._document["paths"][path][method.lower()]
        responses = operation["responses"]
        key = str(status) if str(status) in responses or path != PATH else "default"
        assert key in responses, (method, path, status)
        response = resolved(self._document, responses[key])
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
            header = resolved(self._document, header)
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


def test_every_call_answers_as_documented(
    account: Account, place: Place, documented: dict[str, Any]
) -> None:
    walker = Walker(account, documented)
    visit = walker.visit
    fields = {"Limit": "60", "Remaining": "59", "Reset": "30"}
    limits = [(f"X-RateLimit-{name}", value) for name, value in fields.items()]
    place.answer(Answer(headers=[("Content-Type", "application/json"), *limits]))
    for path in ("/api/status", "/api/openapi.json", "/api/docs", "/api/docs.css"):
        visit("GET", path, 200, token="")

    _walk_accounts(walker)
    _walk_keys(walker, place)
    _walk_the_proxy(walker)
    _walk_tokens_and_statistics(walker)

    visit("PATCH", "/api/me", 401, {"email": "b@example.com"}, token="")
    visit("GET", "/api/me", 403, token=account.token())
    visit("DELETE", "/api/me", 403, {"password": "wrong"})
    visit("DELETE", "/api/me", 204, {"password": PASSWORD})
    everything = {(method, path) for method, path, _ in operations(documented)}
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
    text = {"content": "# mine\nGITHUB_TOKEN=ghp_0123456789abcdefghij0123456789abcdef\nDEBUG=1\n"}
    visit("POST", "/api/env/preview", 200, text)
    visit("POST", "/api/env/import", 201, text)
    visit("POST", "/api/env/export", 200, text)


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
    rehearsing = {"rehearsal": {"share": 1}, "limit": 9, "window": 60}
    visit("PATCH", "/api/tokens/{token_id}", 200, rehearsing, token_id=token["token_id"])
    visit("GET", PATH, 429, token=token["token"], api_name="test", path="v1/x")
    visit("PATCH", "/api/tokens/{token_id}", 422, {"limit": 9}, token_id=token["token_id"])
    visit("PATCH", "/api/tokens/{token_id}", 404, {"name": "n"}, token_id="none")
    visit("DELETE", "/api/tokens/{token_id}", 204, token_id=token["token_id"])
    visit("DELETE", "/api/tokens/{token_id}", 404, token_id=token["token_id"])
    visit("GET", "/api/stats", 200)
    visit("GET", "/api/stats", 200, query="?granularity=day")
    requests = visit("GET", "/api/requests", 200).json["items"]
    assert requests
    visit("GET", "/api/requests", 200, query="?limit=2&status=2xx&api_name=test")
    visit("GET", "/api/requests", 422, query="?status=9xx")
