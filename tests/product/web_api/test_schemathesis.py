"""Schemathesis sends valid and invalid requests to every operation of the OpenAPI document.

No operation is left out, and every check of Schemathesis is enabled. The application and its
DynamoDB engine are real. The provider that the examples name is an upstream on loopback.
"""

from __future__ import annotations

import ipaddress
import itertools
import json
from collections.abc import Callable, Iterable
from typing import Any, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from werkzeug.test import Client

from api.aws_lambda.handler import handle
from api.openapi.parameters import PATH_EXAMPLES
from api.settings import read_settings
from api.wiring import build_app
from tests.support.accounts import PASSWORD, Account
from tests.support.clients import LambdaClient
from tests.support.openapi import DOCUMENT
from tests.support.upstream import Answer, Place, Upstream

Case = schemathesis.Case[Any]

CONFIG = {
    "checks": {
        # Valid data can be refused for reasons that a schema cannot express: a common password
        # (422), a username that is taken (409), an invalid token (401, 403), an unknown identifier
        # (404), a cursor of another list (400).
        "positive_data_acceptance": {"expected-statuses": ["2xx", 400, 401, 403, 404, 409, 422]},
        # Some invalid values are so long that the whole body is refused (413).
        "negative_data_rejection": {
            "expected-statuses": [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, "5xx"]
        },
    }
}

CONFIRMED_BY_PASSWORD = ("change_password", "delete_account", "step_up")


class CurrentApp:
    """The application, called from another address each time so that no call is throttled."""

    app: WSGIApplication

    def __init__(self) -> None:
        first = int(ipaddress.IPv4Address("11.0.0.1"))
        self._sources = map(ipaddress.IPv4Address, itertools.count(first))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["REMOTE_ADDR"] = str(next(self._sources))
        return self.app(environ, start_response)


schema = schemathesis.openapi.from_dict(DOCUMENT, config=SchemathesisConfig.from_dict(CONFIG))
schema.app = CURRENT_APP = CurrentApp()


@pytest.fixture(scope="module")
def place(tls_upstream_server: Upstream) -> Place:
    """Return the upstream of every stored key."""
    place = tls_upstream_server.place("schemathesis", "localhost")
    place.answer(Answer(headers=[("Content-Type", "application/json")]))
    return place


@pytest.fixture(scope="module")
def user(
    environment: dict[str, str], place: Place, tmp_path_factory: pytest.TempPathFactory
) -> Account:
    """Return a signed-in user of an application whose provider `openai` is the upstream."""
    providers = tmp_path_factory.mktemp("catalogue") / "providers.json"
    openai = {
        "slug": "openai",
        "name": "OpenAI",
        "base_url": place.url,
        "auth": {"scheme": "bearer"},
        "check": {"path": "/v1/models", "valid": [200], "invalid": [401]},
        "docs": "https://example.com/",
        "env": {"key": ["OPENAI_API_KEY"]},
    }
    providers.write_text(json.dumps([openai]))
    app = build_app(read_settings({**environment, "API_DASHBOARD_PROVIDERS": str(providers)}))
    CURRENT_APP.app = app
    return Account(LambdaClient(lambda event, context: handle(app, event, context)))


def _answers_as_documented(operation: str) -> Callable[..., None]:
    """Return the test of one operation."""

    @schema.include(operation_id=operation).parametrize()
    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    def test(case: Case, user: Account) -> None:
        for name in ("key_id", "token_id", "session_id"):
            if case.path_parameters.get(name) == PATH_EXAMPLES[name]:
                case.path_parameters[name] = _existing(name, user)
        if operation in CONFIRMED_BY_PASSWORD:
            user.sign_in()  # wrong passwords are counted per session
        client = cast(requests.Session, Client(CURRENT_APP))  # what WSGI transports expect
        case.call_and_validate(headers=_credential(case, user), session=client)

    made: Callable[..., None] = test
    return made


# One test function for each operation: pytest 9.2 gives all items of a parametrised test one name.
OPERATIONS = {
    operation["operationId"]
    for item in DOCUMENT["paths"].values()
    for method, operation in item.items()
    if method != "parameters"
}
for name in sorted(OPERATIONS):
    globals()[f"test_{name}_answers_as_documented"] = _answers_as_documented(name)


def test_no_operation_is_left_out() -> None:
    results = [result for result in schema.get_all_operations() if isinstance(result, Ok)]
    tested = {result.ok().definition.raw["operationId"] for result in results}
    assert tested == OPERATIONS
    assert len(OPERATIONS) == schema.statistic.operations.total


def _credential(case: Case, user: Account) -> dict[str, str]:
    """Return the access token, unless the case tests a missing or invalid credential."""
    if case.meta is not None and case.meta.is_negative_at(ParameterLocation.HEADER):
        return {}
    return {"Authorization": f"Bearer {user.access}"}


def _existing(name: str, user: Account) -> str:
    """Create an object of the user and return its identifier, to replace a documented example."""
    if name == "key_id":
        made = user.call("POST", "/api/keys", {"provider": "openai", "secret": "sk-0123456789abc"})
    elif name == "token_id":
        made = user.call("POST", "/api/tokens", {"name": "t", "apis": ["*"]})
    else:
        member = {"username": user.username, "password": PASSWORD}
        user.client.call("POST", "/api/auth/login", member)
        sessions = user.call("GET", "/api/sessions").json["items"]
        session_id: str = next(each["session_id"] for each in sessions if not each["current"])
        return session_id
    assert made.status == 201, made.body
    created: str = made.json[name]
    return created
