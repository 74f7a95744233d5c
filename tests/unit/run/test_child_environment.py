"""The environment of a command: SDK variables, and no key of the user."""

from __future__ import annotations

import pytest

from api.cli.running.child_environment import (
    ChildEnvironment,
    KeyVariables,
    child_environment,
    without_http_proxy,
)
from tests.unit.run.samples import CATALOGUE, KNOWN, PROXY, TOKEN, targets

OPENAI_KEY = "sk-proj-" + "Zk3vQ9xLw7TbN2mYr8Hd" + "c5JfUa1PsGe6Vo4Xi0KtBqRz"
GITHUB_KEY = "ghp_" + "a1B2c3D4e5F6" * 3


def made(environ: dict[str, str], *apis: str, keep: tuple[str, ...] = ()) -> ChildEnvironment:
    return child_environment(environ, targets(*apis), TOKEN, KNOWN, keep)


@pytest.mark.parametrize(
    ("api", "expected"),
    [
        ("openai", {"OPENAI_API_KEY": TOKEN, "OPENAI_BASE_URL": f"{PROXY}/openai/v1"}),
        ("work=openai", {"OPENAI_API_KEY": TOKEN, "OPENAI_BASE_URL": f"{PROXY}/work/v1"}),
        ("anthropic", {"ANTHROPIC_API_KEY": TOKEN, "ANTHROPIC_BASE_URL": f"{PROXY}/anthropic"}),
        (
            "google-gemini",
            {"GEMINI_API_KEY": TOKEN, "GOOGLE_GEMINI_BASE_URL": f"{PROXY}/google-gemini"},
        ),
        # An SDK that checks the form of keys.
        ("telegram", {"TELEGRAM_BOT_TOKEN": f"1:{TOKEN}"}),
        # Each account has a host of its own.
        ("azure-openai", {"AZURE_OPENAI_ENDPOINT": f"{PROXY}/azure-openai"}),
        ("my-api=", {"MY_API_API_KEY": TOKEN, "MY_API_BASE_URL": f"{PROXY}/my-api"}),
    ],
)
def test_a_command_gets_the_sdk_variables_of_its_apis(api: str, expected: dict[str, str]) -> None:
    variables = made({"HOME": "/home/ada"}, api).variables
    assert {name: variables.get(name) for name in expected} == expected
    assert variables["HOME"] == "/home/ada"


def test_the_variables_of_an_account_host_are_removed() -> None:
    environment = made({"AZURE_OPENAI_RESOURCE_NAME": "mine"}, "azure-openai")
    assert "AZURE_OPENAI_RESOURCE_NAME" not in environment.variables
    assert environment.removed == ["AZURE_OPENAI_RESOURCE_NAME"]


@pytest.mark.parametrize(
    ("name", "value", "replaced"),
    [
        ("OPENAI_API_KEY", OPENAI_KEY, True),
        ("OPENAI_API_KEY", "another key without its shape", True),
        ("PROD_OPENAI_API_KEY", OPENAI_KEY, True),
        ("VITE_OPENAI_KEY_2", OPENAI_KEY, True),
        ("SOMETHING", OPENAI_KEY, True),
        ("OPENAI_KEYS", f"{OPENAI_KEY},{OPENAI_KEY[::-1]}", True),
        ("GITHUB_TOKEN", GITHUB_KEY, False),
        ("GH_TOKEN", "gho_short", False),
        ("SOMETHING", GITHUB_KEY, False),
        ("ANTHROPIC_API_KEY", "apd_anothertoken", False),
    ],
)
def test_a_key_is_replaced_by_the_token_if_its_api_is_chosen_and_removed_otherwise(
    name: str, value: str, replaced: bool
) -> None:
    environment = made({name: value}, "openai")
    assert value not in environment.variables.values()
    if replaced:
        assert environment.variables[name] == TOKEN
        assert (environment.replaced, environment.removed) == ([name], [])
    else:
        assert name not in environment.variables
        assert (environment.replaced, environment.removed) == ([], [name])
    kept = made({name: value}, "groq", keep=(name,))
    assert kept.variables[name] == value


def test_the_key_of_an_api_that_the_catalogue_does_not_know_is_not_passed_on_either() -> None:
    own = {"MY_API_API_KEY": "plain", "OTHER_API_KEY": "plain", "OTHER_URL": "plain"}
    chosen = child_environment(
        own, targets("my-api="), TOKEN, KNOWN, other_keys={"MY_API_API_KEY", "OTHER_API_KEY"}
    )
    assert chosen.variables["MY_API_API_KEY"] == TOKEN
    assert (chosen.replaced, chosen.removed) == (["MY_API_API_KEY"], ["OTHER_API_KEY"])
    assert chosen.variables["OTHER_URL"] == "plain"


@pytest.mark.parametrize(
    "variables",
    [
        {"PATH": "/usr/bin", "EDITOR": "vi", "LANG": "C", "PS1": "$ "},
        {"SSH_AUTH_SOCK": "/run/ssh", "AWS_PROFILE": "dev", "DATABASE_URL": "postgres://localhost"},
        {"GITHUB_SHA": "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c", "OPENAI_MODEL": "gpt-5"},
        {"OPENAI_API_KEY_FILE": "", "EMPTY": "", "UUID": "8c5e1f2a-7b1d-4a7e-9f56-0d2c3b4a5e6f"},
    ],
)
def test_other_variables_are_passed_on_unchanged(variables: dict[str, str]) -> None:
    environment = made(variables, "groq")
    assert variables.items() <= environment.variables.items()
    assert (environment.replaced, environment.removed) == ([], [])


OWN_KEY = "q7Zk3vQ9xLw7TbN2mYr8Hd"


@pytest.mark.parametrize("key", [OPENAI_KEY, GITHUB_KEY, OWN_KEY])
@pytest.mark.parametrize(
    "value",
    [
        "Bearer {key}",
        "Authorization: Bearer {key}",
        '{{"key": "{key}"}}',
        "first\n{key}\nlast",
        "first\\n{key}\\nlast",
        "https://user:{key}@example.com/",
        "https://example.com/?key={key}&page=1",
        "export OPENAI={key}",
        "'{key}'",
        "\udcff\udcfe{key}",
        "some words and {key}, {key}",
    ],
)
def test_a_value_that_contains_a_key_is_not_passed_on(value: str, key: str) -> None:
    known = KeyVariables(CATALOGUE, {"…r8Hd", "…"})
    own = {"SOMETHING": value.format(key=key), "WORDS": "the end of my-own-words-r8Hd"}
    environment = child_environment(own, targets("openai"), TOKEN, known)
    assert "SOMETHING" not in environment.variables
    assert environment.removed == ["SOMETHING"]


def test_a_stored_key_of_an_unknown_shape_is_not_passed_on_by_any_name() -> None:
    known = KeyVariables(CATALOGUE, {"…r8Hd"})
    own = {"SOMETHING": OWN_KEY, "OTHER": OWN_KEY[::-1], "SHORT": "r8Hd"}
    environment = child_environment(own, targets("openai"), TOKEN, known)
    assert environment.removed == ["SOMETHING"]


def test_a_base_url_of_a_chosen_api_leads_to_the_proxy() -> None:
    own = {"OPENAI_API_BASE": "https://x.example", "GROQ_BASE_URL": "https://y.example"}
    variables = made(own, "openai").variables
    assert variables["OPENAI_API_BASE"] == f"{PROXY}/openai/v1"
    assert variables["GROQ_BASE_URL"] == "https://y.example"


def test_calls_to_this_machine_go_past_an_http_proxy() -> None:
    environment = ChildEnvironment({"https_proxy": "http://p:1", "NO_PROXY": "a.example"}, [], [])
    without_http_proxy(environment, ["127.0.0.1", "localhost"])
    assert environment.variables["NO_PROXY"] == "a.example,127.0.0.1,localhost"
    assert environment.variables["no_proxy"] == "127.0.0.1,localhost"
    none = ChildEnvironment({}, [], [])
    without_http_proxy(none, ["127.0.0.1"])
    assert none.variables == {}


def test_a_variable_that_the_user_did_not_set_is_not_noted() -> None:
    environment = ChildEnvironment({"EMPTY": ""}, [], [])
    for name in ("NEW", "EMPTY"):
        environment.set(name, "token")
        environment.set(name, "other")
        environment.remove(name)
    assert (environment.variables, environment.replaced, environment.removed) == ({}, [], [])


def test_a_kept_variable_of_a_chosen_api_is_unchanged() -> None:
    environ = {"OPENAI_API_KEY": OPENAI_KEY, "OPENAI_BASE_URL": "https://api.openai.com/v1"}
    environment = made(environ, "openai", keep=tuple(environ))
    assert environment.variables == environ
    assert made({}, "openai", keep=tuple(environ)).variables["OPENAI_API_KEY"] == TOKEN
