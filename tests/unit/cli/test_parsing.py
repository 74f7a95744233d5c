"""Arguments: suggestions, and no secret in an error."""

from __future__ import annotations

import click
import pytest

from api.cli.apis import require_apis
from api.cli.errors import FAILED, OK, USAGE, CliError, ProblemError
from api.cli.main import main
from api.cli.matching import find_one
from api.cli.output import plain
from api.cli.parsing import may_be_secret, naming_options, usage_message
from api.cli.words import outcome_words


@pytest.mark.parametrize(
    "word",
    [
        "sk-proj-0123456789abcdef", "ghp_kQ7zX2mVb9RtLw4NpYs8DfGh3JcEa6TuWi1o", "sk_x", "AKIAX1",
        "xoxb-1", "apd_1", "AIzaSyD", "0123456789abcdef", "correct-horse-battery-staple-123",
    ],
)  # fmt: skip
def test_a_possible_secret_is_recognised(word: str) -> None:
    assert may_be_secret(word)


@pytest.mark.parametrize("word", ["openai", "my-weather", "--expires", "12h", "/v1/chat", "gpt-4o"])
def test_usual_words_are_shown(word: str) -> None:
    assert not may_be_secret(word)


@pytest.mark.parametrize("argument", ["sk-abcdef0123456789", "--limit=sk-abcdef0123456789"])
def test_a_usage_error_has_no_secret(argument: str) -> None:
    error = click.UsageError("Invalid value: 'sk-abcdef0123456789' is wrong.")
    assert usage_message(error, ["x", argument]) == "Invalid value: '…' is wrong."


@pytest.mark.parametrize("field", ["limit", "limit.x", "limit[0].name"])
def test_a_field_is_shown_as_its_option(field: str) -> None:
    with pytest.raises(CliError) as caught, naming_options(limit="--limit"):
        raise ProblemError(400, "invalid_field", "It is too large.", field)
    assert caught.value.message == "--limit: It is too large."
    assert caught.value.exit_code == USAGE


def test_another_problem_stays_as_it_is() -> None:
    problem = ProblemError(409, "conflict", "It changed.")
    with pytest.raises(ProblemError) as caught, naming_options(limit="--limit"):
        raise problem
    assert caught.value is problem


ITEMS = [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}, {"id": "a", "name": "b"}]


def find(wanted: str) -> dict[str, str]:
    """Find one of the items."""
    return find_one(ITEMS, wanted, "id", "name", "token", "tokens list")


def test_an_id_goes_before_a_name_and_an_ambiguous_name_is_refused() -> None:
    assert find("a")["id"] == "a"
    assert find("1")["name"] == "a"
    with pytest.raises(CliError, match=r"2 tokens have the name b: give an id \(2, a\)"):
        find("b")
    with pytest.raises(CliError, match="There is no token zzz: see `tokens list`"):
        find("zzz")


class _Client:
    def items(self, _path: str) -> list[dict[str, str]]:
        return [{"api_name": "openai"}, {"api_name": "openai"}, {"api_name": "github"}]


def test_each_api_needs_a_key() -> None:
    client = _Client()
    require_apis(client, ["openai", "*"])  # type: ignore[arg-type]
    with pytest.raises(CliError, match="No key for opena is stored: did you mean openai"):
        require_apis(client, ["openai", "opena"])  # type: ignore[arg-type]
    with pytest.raises(CliError, match=r"keys add stripe`, or name one of github, openai\."):
        require_apis(client, ["stripe"])  # type: ignore[arg-type]


def test_control_characters_do_not_reach_a_terminal() -> None:
    assert plain("a\x1b[31m\nb\u202e") == "a?[31m?b?"


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        ("Expected `str` of length <= 100.", "Give at most 100 characters."),
        ("Expected `str` of length >= 2.", "Give at least 2 characters."),
        ("Expected `int` <= 315360000", "Give at most 315,360,000."),
        ("Expected `str`, got `int`.", "Expected `str`, got `int`."),
    ],
)
def test_a_wrong_size_is_said_in_words(detail: str, shown: str) -> None:
    with pytest.raises(CliError) as caught, naming_options(name="--name"):
        raise ProblemError(422, "invalid_field", detail, "name")
    assert caught.value.message == f"--name: {shown}"


@pytest.mark.parametrize(
    "arguments",
    [
        ("login", ""), ("login", "http://127.0.0.1:1", "--username", " "),
        ("keys", "add", ""), ("keys", "add", "openai", "--api", ""), ("keys", "list", "--server="),
        ("keys", "check", "a", ""), ("tokens", "revoke", ""), ("tokens", "create", "--api="),
        ("run", "--api", "", "true"), ("run", "--env-file", "", "true"), ("serve", "--data", ""),
        ("service", "install", "--host="), ("env", "import", ""), ("agents", "show", ""),
    ],
)  # fmt: skip
def test_an_empty_value_is_refused(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == USAGE
    assert "is empty: give a value, or leave it out." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("run", "--apis", "openai", "--", "true"), "No such option '--apis'."),
        (("run", "--limit", "1000000001/day", "true"), "at most 1,000,000,000 requests"),
        (("tokens", "create", "--api", "a", "--limit", "1/366d"), "in at most 365d"),
        (("run", "--expires", "3651d", "true"), "at most 3650d"),
    ],
)
def test_a_wrong_value_is_refused_before_a_request(
    arguments: tuple[str, ...], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == USAGE
    assert text in capsys.readouterr().err


def test_an_unexpected_failure_is_one_sentence_without_its_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("sk-abcdef0123456789")

    monkeypatch.setattr("api.cli.commands.version._server_version", fail)
    assert main(["version"]) == FAILED
    err = capsys.readouterr().err
    assert err.startswith("Error: An unexpected error occurred (RuntimeError in ")
    assert err.count("\n") == 1
    assert "sk-abc" not in err


def test_a_closed_standard_output_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    assert main(["keys", "--help"]) == OK


def test_a_text_that_is_not_utf_8_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tokens", "create", "--api", "a", "--name", "\udcff"]) == USAGE
    assert "'--name' is not UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("valid", "valid"),
        ("wrong_host", "wrong host"),
        ("revoked", "revoked"),
        ("a_b", "a b"),
    ],
)
def test_an_outcome_is_shown_in_words(code: str, words: str) -> None:
    assert outcome_words(code) == words
