"""`tokens`: create, list, revoke."""

from __future__ import annotations

import pytest

from tests.support.accounts import Account
from tests.support.command_line import CommandLine, failed
from tests.support.upstream import Place


@pytest.fixture(scope="module")
def owner(server: object, upstream_server: object) -> Account:
    """An account with a key of the API `test`."""
    account = Account(server)  # type: ignore[arg-type]
    account.key(upstream_server.place("tokens-of-commands"))  # type: ignore[attr-defined]
    return account


def test_only_the_token_goes_to_standard_output(signed_in: CommandLine, owner: Account) -> None:
    ran = signed_in(
        "tokens", "create", "--name", "laptop", "--api", "test", "--method", "get", "--path", "/v1",
        "--limit", "100/min", "--expires", "12h",
    )  # fmt: skip
    assert ran.exit_code == 0, ran.err
    assert ran.out.startswith("apd_") and ran.out.count("\n") == 1
    assert "test with GET below /v1 at most 100/min for 12h" in ran.err
    assert owner.proxied(ran.out.strip()).status == 200
    assert owner.proxied(ran.out.strip(), method="POST").status == 403


def test_a_created_token_as_json_is_that_of_the_api(signed_in: CommandLine) -> None:
    token = signed_in("tokens", "create", "--api", "*", "--limit", "5/10s", "--json").json
    assert (token["apis"], token["limit"], token["window"]) == (["*"], 5, 10)
    assert token["token"].startswith("apd_")


@pytest.mark.parametrize(
    ("arguments", "exit_code", "texts"),
    [
        ((), 2, ("--api",)),
        (("--api", "tst"), 1, ("No key for tst", "did you mean test?")),
        (("--api", "openai"), 1, ("No key for openai", "keys add openai")),
        (("--api", "test", "--limit", "100"), 2, ("--limit", "100/min")),
        (("--api", "test", "--limit", "0/min"), 2, ("--limit", "100/min")),
        (("--api", "test", "--limit", "9999999999/min"), 2, ("--limit",)),
        (("--api", "test", "--limit", "1/900d"), 2, ("--limit",)),
        (("--api", "test", "--expires", "5"), 2, ("--expires", "12h")),
        (("--api", "test", "--expires", "9000w"), 2, ("--expires",)),
        (("--api", "test", "--method", "BREW"), 2, ("--method",)),
        (("--api", "test", "--path", "v1"), 2, ("--path: ",)),
        (("--api", "test", "--name", "x" * 101), 2, ("--name: ",)),
    ],
)
def test_a_wrong_option_is_named(
    signed_in: CommandLine, arguments: tuple[str, ...], exit_code: int, texts: tuple[str, ...]
) -> None:
    failed(signed_in("tokens", "create", *arguments), exit_code, *texts)


def test_tokens_are_listed_with_their_last_use(signed_in: CommandLine, owner: Account) -> None:
    created = owner.token_details(["test"], name="of a script")
    owner.proxied(created["token"], headers=[("User-Agent", "curl/8.5.0")])
    listed = signed_in("tokens", "list", "--json").json["items"]
    [token] = [each for each in listed if each["token_id"] == created["token_id"]]
    assert token["last_used_at"] is not None
    line = next(
        line for line in signed_in("tokens", "list").out.splitlines() if "of a script" in line
    )
    assert "ago" in line and "curl" in line


def test_a_token_is_revoked_by_name_or_id(signed_in: CommandLine, owner: Account) -> None:
    first, second, third = (owner.token_details(["test"], name=name) for name in "aab")
    failed(signed_in("tokens", "revoke", "a"), 1, first["token_id"], second["token_id"])
    ran = signed_in("tokens", "revoke", "b", second["token_id"], second["token_id"])
    assert ran.exit_code == 0, ran.err
    assert owner.proxied(second["token"]).status == 401
    assert owner.proxied(third["token"]).status == 401
    assert owner.proxied(first["token"]).status == 200
    failed(signed_in("tokens", "revoke", "a", "nobody"), 1, "tokens list")
    assert owner.proxied(first["token"]).status == 200


def test_a_token_can_call_what_was_added_by_a_command(
    signed_in: CommandLine, owner: Account, place: Place
) -> None:
    signed_in("keys", "add", place.name, "--base-url", place.url, stdin="a-secret-key-1")
    token = signed_in("tokens", "create", "--api", place.name).out.strip()
    assert owner.proxied(token, f"/proxy/{place.name}/v1/x").status == 200
    assert place.last.get("authorization") == "Bearer a-secret-key-1"
