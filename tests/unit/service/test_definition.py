"""What a service runs, and which settings it keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.cli.errors import CliError
from api.cli.server.options import ServerOptions
from api.cli.service import definition
from api.cli.service.definition import define
from api.errors import SettingError
from api.local import installation


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """The environment, which has only what a test adds."""
    variables = {"HOME": str(tmp_path), "PATH": "/bin", "LANG": "C"}
    monkeypatch.setattr("api.cli.places.os.environ", variables)
    return variables


def settings(**options: object) -> dict[str, str]:
    return define(ServerOptions(**options))[0].environment  # type: ignore[arg-type]


def test_it_keeps_the_settings_of_the_server_and_nothing_else(
    environment: dict[str, str],
) -> None:
    environment |= {
        "API_DASHBOARD_SIGN_UP": "closed",
        "API_DASHBOARD_STOP_TIMEOUT": "60",
        "API_DASHBOARD_SERVER": "work",
        "API_DASHBOARD_HOSTS": " ",
        "DYNAMODB_TABLE": "another-table",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SECRET_ACCESS_KEY": "of the developer",
        "OPENAI_API_KEY": "sk-of-the-user",
    }
    found, _ = define(ServerOptions(port=8500))
    assert found.environment == {
        "API_DASHBOARD_DATA": found.environment["API_DASHBOARD_DATA"],
        "API_DASHBOARD_PORT": "8500",
        "API_DASHBOARD_SIGN_UP": "closed",
        "API_DASHBOARD_STOP_TIMEOUT": "60",
        "DYNAMODB_TABLE": "another-table",
    }
    assert found.stop_seconds == 75


def test_it_keeps_credentials_for_a_database_on_aws(environment: dict[str, str]) -> None:
    environment |= {
        "AWS_ENDPOINT_URL_DYNAMODB": "https://dynamodb.us-east-2.amazonaws.com",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SECRET_ACCESS_KEY": "of the table",
    }
    assert settings()["AWS_SECRET_ACCESS_KEY"] == "of the table"


def test_paths_do_not_depend_on_the_working_directory(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "providers.json").write_text("[]")
    environment["API_DASHBOARD_PROVIDERS"] = "providers.json"
    found = settings(data=Path("here"))
    assert found["API_DASHBOARD_DATA"] == str(tmp_path / "here")
    assert found["API_DASHBOARD_PROVIDERS"] == str(tmp_path / "providers.json")


def test_an_option_wins_over_the_environment(environment: dict[str, str]) -> None:
    environment |= {"API_DASHBOARD_PORT": "8500", "API_DASHBOARD_HOST": "0.0.0.0"}
    found = settings(port=8600, host="::1")
    assert (found["API_DASHBOARD_PORT"], found["API_DASHBOARD_HOST"]) == ("8600", "::1")


def test_a_wrong_setting_is_refused_before_the_installation(environment: dict[str, str]) -> None:
    environment["API_DASHBOARD_SIGN_UP"] = "maybe"
    with pytest.raises(SettingError, match="API_DASHBOARD_SIGN_UP must be"):
        define(ServerOptions())


def test_a_setting_that_no_file_can_hold_is_refused(environment: dict[str, str]) -> None:
    environment |= {
        "API_DASHBOARD_SIGN_UP": "invite",
        "API_DASHBOARD_INVITE_CODE": "two\nlines of it",
    }
    with pytest.raises(CliError, match="INVITE_CODE contains a control character"):
        define(ServerOptions())


@pytest.mark.parametrize(
    "prefix", ["/home/ada/.cache/uv/archive-v0/x1", "/home/ada/.local/pipx/.cache/4d2"]
)
def test_a_temporary_installation_is_refused(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.prefix", prefix)
    with pytest.raises(CliError, match=r"temporary .* `pipx install` or `uv tool install`"):
        define(ServerOptions())


def test_a_clone_runs_from_its_own_folder() -> None:
    found, _ = define(ServerOptions())
    assert found.command[1:] == ("-m", "api", "serve")
    assert found.folder is not None and (found.folder / "api" / "cli").is_dir()


def test_a_wheel_runs_its_entry_point(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(definition, "is_wheel", lambda: True)
    monkeypatch.setattr(installation, "is_wheel", lambda: True)
    monkeypatch.setattr("api.cli.server.given_settings.included_pages", lambda: None)
    monkeypatch.setattr("sysconfig.get_path", lambda _name: str(tmp_path))
    monkeypatch.setattr("sys.executable", "/environment/bin/python")
    module = ("/environment/bin/python", "-P", "-m", "api_dashboard", "serve")
    assert define(ServerOptions())[0].command == module
    (tmp_path / "api-dashboard").touch()
    found, _ = define(ServerOptions())
    assert found.command == (str(tmp_path / "api-dashboard"), "serve")
    assert found.folder is None
