"""A project's `.env` file: its variables, and the APIs that they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.cli.errors import CliError
from api.cli.running.project_file import needed_apis, read_project_file
from tests.unit.run.samples import KNOWN, stored_apis

OPENAI_KEY = "sk-proj-" + "Zk3vQ9xLw7TbN2mYr8Hd" + "c5JfUa1PsGe6Vo4Xi0KtBqRz"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"OPENAI_API_KEY": OPENAI_KEY}, ["openai"]),
        ({"OPENAI_API_KEY": "apd_of_an_earlier_export"}, ["openai"]),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:8420/proxy/openai/v1"}, ["openai"]),
        ({"PROD_OPENAI_KEY": OPENAI_KEY, "DEBUG": "1"}, ["openai"]),
        ({"SOME_NAME": OPENAI_KEY}, ["openai"]),
        ({"ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": "k"}, ["work", "openai"]),
        # As an export names the variables of an API without a provider.
        ({"MY_WEATHER_API_KEY": "k"}, ["my-weather"]),
        ({"MY_WEATHER_BASE_URL": "http://127.0.0.1:8420/proxy/my-weather"}, ["my-weather"]),
        ({"OPENAI_API_KEY": "", "DEBUG": "1"}, []),
        # No key of these is stored.
        ({"STRIPE_API_KEY": "sk_live_0123456789abcdef"}, []),
    ],
)
def test_the_variables_say_which_apis_a_project_needs(
    variables: dict[str, str], expected: list[str]
) -> None:
    stored = stored_apis("openai", "groq", "work=anthropic", "my-weather=")
    assert needed_apis(variables, KNOWN, stored) == expected


def test_a_file_is_read_as_other_programs_read_it(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# comment\nexport A=1\nB='two words'\nC=\"x\\ny\" # note\n\nnot a line\n")
    assert read_project_file(file) == {"A": "1", "B": "two words", "C": "x\ny"}


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CliError, match="cannot be read"):
        read_project_file(tmp_path / "none.env")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CliError, match="not a text file"):
        read_project_file(tmp_path / "binary")
    (tmp_path / "large").write_text("A=1\n" * 6000)
    with pytest.raises(CliError, match="too large"):
        read_project_file(tmp_path / "large")
