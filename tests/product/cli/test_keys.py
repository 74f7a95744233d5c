"""`keys`: add, list, check, remove."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.accounts import Account, list_all
from tests.support.command_line import CommandLine, failed
from tests.support.upstream import Answer, Place

SECRET = "sk-proj-0123456789abcdefghij"


def custom(place: Place, *more: str) -> tuple[str, ...]:
    """Return arguments that add a key of an upstream of the test."""
    return ("keys", "add", "--base-url", place.url, "--api", place.name, *more)


def of_openai(place: Place, *more: str) -> tuple[str, ...]:
    """Return arguments that add a key of OpenAI, at an upstream of the test."""
    return ("keys", "add", "openai", "--base-url", place.url, "--api", place.name, *more)


@pytest.fixture
def keys(owner: Account) -> Any:
    """A function that returns the account's keys of an API."""

    def of(api_name: str) -> list[dict[str, Any]]:
        return [key for key in list_all(owner, "/api/keys") if key["api_name"] == api_name]

    return of


def test_a_key_of_a_provider_is_stored_and_checked(
    signed_in: CommandLine, place: Place, keys: Any
) -> None:
    ran = signed_in(*of_openai(place, "--description", "of the tests"), stdin=f"'{SECRET}'\n")
    assert ran.exit_code == 0, ran.err
    [key] = keys(place.name)
    assert (key["provider"], key["description"]) == ("openai", "of the tests")
    assert f"Stored {key['key_id']} (…ghij)" in ran.out
    assert "Check: valid." in ran.out
    assert "quotation marks" in ran.err
    assert f"api-dashboard run --api {place.name} --" in ran.err
    assert SECRET not in ran.out + ran.err
    assert place.last.get("authorization") == f"Bearer {SECRET}"


def test_the_name_of_a_provider_works_as_its_slug_and_the_key_is_asked_for(
    signed_in: CommandLine, place: Place, keys: Any
) -> None:
    arguments = ("keys", "add", "OpenAI", "--base-url", place.url, "--api", place.name)
    ran = signed_in(*arguments, "--json", answers=[SECRET])
    assert ran.exit_code == 0, ran.err
    assert ran.json["key_id"] == keys(place.name)[0]["key_id"]
    assert ran.json["check"]["outcome"] == "valid"


def test_a_refused_key_is_stored_and_is_exit_code_1(signed_in: CommandLine, place: Place) -> None:
    place.answer(Answer(401))
    ran = signed_in(*of_openai(place), stdin=SECRET)
    assert ran.exit_code == 1
    assert "Check: revoked." in ran.out
    assert "api-dashboard keys remove" in ran.err


def test_an_api_of_ones_own_with_further_secrets(
    signed_in: CommandLine, place: Place, keys: Any
) -> None:
    arguments = custom(
        place, "--scheme", "header", "--name", "X-Key", "--prefix", "Token ",
        "--header", "X-App", "--header", "X-Org", "--no-check",
    )  # fmt: skip
    ran = signed_in(*arguments, stdin="first-secret-1\nsecond-secret-2\n\nthird-secret-3\n")
    assert ran.exit_code == 0, ran.err
    [key] = keys(place.name)
    assert key["auth"] == {
        "scheme": "header", "name": "X-Key", "prefix": "Token ", "username": None
    }  # fmt: skip
    assert [header["hint"] for header in key["extra_headers"]] == ["…et-2", "…et-3"]
    failed(signed_in(*arguments, stdin="only-one\n"), 2, "has 1 line, but needs 3 lines", "X-Org")


def test_many_keys_form_a_pool(signed_in: CommandLine, place: Place, keys: Any) -> None:
    ran = signed_in(*custom(place, "--many", "--json"), stdin="a-secret-1\nb-secret-2\n")
    assert ran.exit_code == 0, ran.err
    assert [key["hint"] for key in ran.json["items"]] == ["…et-1", "…et-2"]
    ran = signed_in(*custom(place, "--many"), answers=["c-secret-3", "d-secret-4", ""])
    assert sorted(key["hint"] for key in keys(place.name)) == [f"…et-{n}" for n in range(1, 5)]
    again = signed_in(*custom(place, "--many"), stdin="e-secret-5\n<your key>\n")
    failed(again, 1, "Key 2 was not stored", "placeholder")


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (("keys", "add"), ("Name a provider", "--base-url")),
        (("keys", "add", "opnai"), ("did you mean openai",)),
        (("keys", "add", "no-such-thing-at-all"), ("no provider with this name", "--base-url")),
        (("keys", "add", "algolia"), ("Base URL", "--base-url")),
        (("keys", "add", "twilio"), ("User name at Twilio", "--username")),
        (("keys", "add", "openai", "--name", "X"), ("--scheme",)),
        (("keys", "add", "x", "--base-url", "https://x.example", "--scheme", "query"), ("--name",)),
        (("keys", "add", "x", "--base-url", "http://x.example"), ("--base-url: ", "https")),
        (("keys", "add", "openai", "--api", "Not A Name"), ("--api: ",)),
        (("keys", "add", "openai", "--check-every", "soon"), ("--check-every", "12h")),
        (("keys", "add", "openai", "--check-every", "1s"), ("--check-every: ",)),
        (("keys", "add", "openai", "--many", "--header", "X"), ("--many",)),
        (("keys", "check"), ("--all",)),
    ],
    ids=lambda value: " ".join(value[2:]) if value[0] == "keys" else None,
)
def test_a_wrong_argument_is_named(
    signed_in: CommandLine, arguments: tuple[str, ...], texts: tuple[str, ...]
) -> None:
    failed(signed_in(*arguments, stdin=SECRET), 2, *texts)


@pytest.mark.parametrize(
    "arguments",
    [
        ("keys", "add", SECRET),
        ("keys", "add", "openai", SECRET),
        ("keys", "add", "openai", "hunter2"),
        ("keys", "add", "openai", "--secret", SECRET),
        ("keys", "add", "openai", f"--key={SECRET}"),
        ("keys", "add", "openai", "--scheme", SECRET),
        ("keys", "remove", SECRET),
        ("tokens", "revoke", "apd_0123456789abcdef"),
        ("keys", SECRET),
        (SECRET,),
    ],
    ids=lambda arguments: f"{len(arguments)} words, {arguments[-1][:6]}",
)
def test_s49_a_secret_in_the_arguments_is_refused_and_not_repeated(
    signed_in: CommandLine, arguments: tuple[str, ...]
) -> None:
    ran = signed_in(*arguments)
    assert ran.exit_code in (1, 2)
    assert ran.err.startswith("Error: ")
    for secret in (SECRET, "hunter2", "apd_0123456789abcdef"):
        assert secret not in ran.out + ran.err
    if len(arguments) > 2 and arguments[2] != "openai":
        assert "standard input" in ran.err


def test_the_keys_are_listed(signed_in: CommandLine, owner: Account, place: Place) -> None:
    key = owner.key(place, api_name=place.name)
    listed = signed_in("keys", "list", "--api", place.name, "--json").json["items"]
    assert [each["key_id"] for each in listed] == [key["key_id"]]
    assert owner.call("GET", f"/api/keys/{key['key_id']}").json == listed[0]
    assert key["key_id"] in signed_in("keys", "list").out


def test_checks_are_exit_code_1_if_a_provider_refuses_a_key(
    signed_in: CommandLine, place: Place
) -> None:
    signed_in(*of_openai(place, "--no-check"), stdin=SECRET)
    ran = signed_in("keys", "check", place.name)
    assert (ran.exit_code, "valid" in ran.out) == (0, True)
    place.answer(Answer(401))
    ran = signed_in("keys", "check", place.name, "--json")
    [key] = ran.json["items"]
    assert (ran.exit_code, key["check"]["outcome"]) == (1, "revoked")
    ran = signed_in("keys", "check", "--all")
    assert ran.exit_code == 1
    assert f"keys remove {key['key_id']}" in ran.err
    failed(signed_in("keys", "check", "nothing-like-it"), 1, "keys list")


def test_a_key_is_removed_after_a_question(
    signed_in: CommandLine, owner: Account, place: Place, keys: Any
) -> None:
    first, second = (owner.key(place, api_name=place.name) for _ in range(2))
    failed(signed_in("keys", "remove", place.name, "--yes"), 1, first["key_id"], second["key_id"])
    failed(signed_in("keys", "remove", first["key_id"]), 2, "--yes")
    failed(signed_in("keys", "remove", first["key_id"], answers=["n"]), 1, "No key was deleted")
    assert len(keys(place.name)) == 2
    assert signed_in("keys", "remove", first["key_id"], answers=["y"]).exit_code == 0
    assert signed_in("keys", "remove", place.name, "--yes").exit_code == 0
    assert keys(place.name) == []
