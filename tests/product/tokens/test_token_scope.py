"""A token can call only the APIs, methods and paths of its scope (S19)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.accounts import Account, problem
from tests.support.upstream import Place


def allowed(owner: Account, token: str, target: str, method: str = "GET") -> bool:
    """Return whether a call is allowed. Asserts that a refusal is because of the scope."""
    answer = owner.proxied(token, target, method)
    if answer.status == 200:
        return True
    assert method == "HEAD" or answer.json["code"] in ("token_scope", "invalid_path"), answer.body
    assert answer.status in (400, 403)
    return False


def test_s19_a_token_is_limited_to_its_apis(owner: Account, shared: Place) -> None:
    token = owner.token(["other"])
    before = len(shared.received)
    problem(owner.proxied(token), 403, "token_scope")
    problem(owner.proxied(token, "/proxy/unknown/x"), 403, "token_scope")
    problem(owner.proxied(token, "/proxy/othe/x"), 403, "token_scope")
    problem(owner.proxied(token, "/proxy/other2/x"), 403, "token_scope")
    assert len(shared.received) == before
    assert allowed(owner, token, "/proxy/other/v1/x")
    everything = owner.token(["*"])
    assert allowed(owner, everything, "/proxy/test/x") and allowed(
        owner, everything, "/proxy/other/x"
    )


@pytest.mark.parametrize(
    "spelled", ["%6fther", "OTHER", "other%2f..%2ftest", "other%00", "other;x"]
)
def test_s19_another_spelling_of_an_api_is_another_api(
    owner: Account, shared: Place, spelled: str
) -> None:
    before = len(shared.received)
    answer = owner.proxied(owner.token(["test"]), f"/proxy/{spelled}/x")
    assert answer.status in (400, 403, 404)
    assert len(shared.received) == before


def test_s19_a_token_is_limited_to_its_methods(owner: Account, shared: Place) -> None:
    token = owner.token(["test"], methods=["GET", "POST"])
    for method in ("GET", "POST"):
        assert allowed(owner, token, "/proxy/test/x", method)
    before = len(shared.received)
    for method in ("HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"):
        assert not allowed(owner, token, "/proxy/test/x", method)
    assert len(shared.received) == before


@pytest.mark.parametrize("field", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_s9_s19_a_method_override_header_does_not_extend_the_scope(
    owner: Account, shared: Place, field: str
) -> None:
    token = owner.token(["test"], methods=["GET"])
    answer = owner.proxied(token, "/proxy/test/x", "POST", [(field, "GET")])
    problem(answer, 403, "token_scope")
    assert shared.received is not None


@pytest.fixture(scope="module")
def chat(owner: Account, shared: Place) -> Iterator[str]:
    """A token for /v1/chat only."""
    yield owner.token(["test"], path_prefixes=["/v1/chat"])


@pytest.mark.parametrize(
    "path", ["/v1/chat", "/v1/chat/", "/v1/chat/completions", "/v1/chat?x=/admin", "/v1/chat/a%20b",
             "/v1/chat/a%2Fb", "/v1/chat/..a", "/v1/chat/%C3%A9"],
)  # fmt: skip
def test_s19_a_token_may_call_below_its_prefix(
    owner: Account, shared: Place, chat: str, path: str
) -> None:
    assert allowed(owner, chat, f"/proxy/test{path}")
    assert shared.path() == path


@pytest.mark.parametrize(
    "path",
    ["", "/", "/v1", "/v1/", "/v1/chats", "/v1/chat-admin", "/v1/chat.json", "/V1/chat", "/v1/CHAT",
     "/v1//chat", "//v1/chat", "/v1/models", "/v1/chat/../models", "/v1/chat/%2e%2e/models",
     "/v1/chat/%2E%2E%2Fmodels", "/v1/chat/..%2fmodels", "/v1/chat/%252e%252e/models",
     "/v1/chat/..;/models", "/v1/chat/..%3b/models", "/v1/chat/..\\models", "/v1/chat/..%5cmodels",
     "/v1/chat/%2e%2e%5cmodels", "/v1/chat/%c0%ae%c0%ae/models", "/v1/chat/%u002e%u002e/models",
     "/v1/chat/./../models", "/v1/chat/x/../../models", "/v1/chat%2f..%2fmodels", "/v1/chat%00/x",
     "/v1/chat;x", "/v1/chat%3fx", "/v1/chat%23x", "/v1/models/v1/chat",
     "/v1/chat/%25252e%25252e/m",
     "/x?/v1/chat", "/%2fv1/chat", "/v1/chat/%2e./models", "/v1/chat/.%2e/models",
     "http://127.0.0.1/v1/chat", "/v1/ch%2561ts"],
)  # fmt: skip
def test_s7_s19_only_paths_below_the_prefix_can_be_called_in_any_encoding(
    owner: Account, shared: Place, chat: str, path: str
) -> None:
    before = len(shared.received)
    assert not allowed(owner, chat, f"/proxy/test{path}")
    assert len(shared.received) == before


def test_s19_a_path_below_one_of_several_prefixes_is_allowed(owner: Account, shared: Place) -> None:
    token = owner.token(["test"], path_prefixes=["/v1/chat", "/v1/models/", "/"])
    assert allowed(owner, token, "/proxy/test/anything")
    narrow = owner.token(["test"], path_prefixes=["/v1/models/", "/v2"])
    assert allowed(owner, narrow, "/proxy/test/v1/models/a")
    assert allowed(owner, narrow, "/proxy/test/v2")
    assert not allowed(owner, narrow, "/proxy/test/v1/models")
    assert not allowed(owner, narrow, "/proxy/test/v1/models/%2e%2e/v3")
    assert shared.received is not None
