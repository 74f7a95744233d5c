"""Settings: invalid values are refused by name, secrets have no default, defaults are safe."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from api.aws_lambda.parameters import within_platform_limits
from api.errors import SettingError
from api.settings import BackupSchedule, read_settings, require_secrets

FERNET = base64.urlsafe_b64encode(bytes(range(32))).decode()
GOOD = {"JWT_SECRET_KEY": "0123456789abcdef" * 4, "FERNET_KEYS": FERNET}


def test_defaults_are_for_one_machine() -> None:
    settings = read_settings({})
    assert (settings.host, settings.port) == ("127.0.0.1", 8420)
    assert settings.allowed_upstreams == frozenset()
    assert settings.sign_up == "open"
    assert settings.table_name == "api-dashboard"
    assert settings.dynamodb_endpoint is None


def test_s18_no_secret_has_a_default() -> None:
    settings = read_settings({})
    assert settings.jwt_secret_key is None
    assert settings.fernet_keys == ()
    assert settings.invite_code is None
    assert settings.credentials is None
    with pytest.raises(SettingError, match="JWT_SECRET_KEY is missing"):
        require_secrets(settings)
    with pytest.raises(SettingError, match="FERNET_KEYS is missing"):
        require_secrets(read_settings({"JWT_SECRET_KEY": GOOD["JWT_SECRET_KEY"]}))
    assert require_secrets(read_settings(GOOD))[0].reveal() == GOOD["JWT_SECRET_KEY"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("API_DASHBOARD_PORT", value) for value in ("x", "0", "-1", "65536", "80.5", "8 0",
                                                      "\u0668", "1e3", "0x50", "+80")],
        *[("API_DASHBOARD_WORKERS", value) for value in ("0", "65", "many", "-1")],
        *[("API_DASHBOARD_THREADS", value) for value in ("1", "1001", "x")],
        *[("API_DASHBOARD_REQUEST_LOG_DAYS", value) for value in ("0", "366", "1.5", "x")],
        *[("API_DASHBOARD_AUDIT_DAYS", value) for value in ("0", "3651", "1.5", "year")],
        *[("API_DASHBOARD_REQUIRE_SECOND_FACTOR", value) for value in ("yes", "1", "True")],
        *[("API_DASHBOARD_UPSTREAM_TIMEOUT", value) for value in ("0", "nan", "inf", "-5", "x",
                                                                 "4000")],
        *[(f"API_DASHBOARD_{limit}_TIMEOUT", value)
          for limit in ("CONNECT", "SEND", "FIRST_BYTE", "IDLE")
          for value in ("0", "0.05", "nan", "-1", "3601", "10s")],
        *[("API_DASHBOARD_STREAM_TIMEOUT", value) for value in ("0", "nan", "86401", "soon")],
        *[("API_DASHBOARD_WEBSOCKET_TIMEOUT", value) for value in ("0", "nan", "2592001", "1d")],
        *[("API_DASHBOARD_WEBSOCKET_IDLE_TIMEOUT", value) for value in ("0", "-1", "86401", "x")],
        *[("API_DASHBOARD_STOP_TIMEOUT", value) for value in ("0", "3601", "1.5", "now")],
        *[(f"API_DASHBOARD_MAX_CALLS_PER_{name}", value) for name in ("API", "TOKEN")
          for value in ("-1", "many", "1.5", "1000001")],
        *[("API_DASHBOARD_MAX_REQUEST_BYTES", value) for value in ("0", "1023", "6MB", "-1")],
        *[("API_DASHBOARD_PUBLIC_URL", value) for value in ("dashboard.example", "ftp://a.example",
                                                            "https://a b", "https://a/?x",
                                                            "javascript:alert(1)", "https://u:p@a")],
        *[("AWS_ENDPOINT_URL_DYNAMODB", value) for value in ("127.0.0.1:8000", "http://", "x",
                                                             "http://a b")],
        *[("API_DASHBOARD_SIGN_UP", value) for value in ("yes", "Open", "closed!", "true")],
        *[("API_DASHBOARD_INVITE_CODE", value) for value in ("short", "1234567")],
        *[("DYNAMODB_TABLE", value) for value in ("ab", "a b c", "x" * 256, "a/b", "t\u00e9st")],
        *[("API_DASHBOARD_CA_FILE", value) for value in ("/nowhere/ca.pem", "/")],
        *[("API_DASHBOARD_PROVIDERS", value) for value in ("/nowhere/providers.json", "/")],
        *[("API_DASHBOARD_HOST", value) for value in ("a\nb", "a\x00b")],
        *[("API_DASHBOARD_DATA", value) for value in ("a\nb",)],
        *[("API_DASHBOARD_ALLOWED_UPSTREAMS", value) for value in (
            "localhost", "http://localhost:80", "*:80", "*", "localhost:", "localhost:0", "a:b",
            "localhost:99999", "localhost:80/path", "user@localhost:80", "127.0.0.0/8:80",
            "localhost:80 127.0.0.1:80", ".example:80", "a:1,,*:2")],
        *[("API_DASHBOARD_API_PORTS", value) for value in (
            "stripe", "8421", "stripe:", ":8421", "stripe:0", "stripe:65536", "stripe:08421",
            "Stripe:8421", "a/b:8421", "-:8421", "stripe:8421,", "stripe:8421,github:8421",
            "stripe:8421,stripe:8422", "stripe:8421 github:8422", "stripe:8420", "0.0.0.0:8421",
            "stripe:\u0668")],
        *[("API_DASHBOARD_BACKUP_HOURS", value) for value in ("0", "8761", "1.5", "daily")],
        *[("API_DASHBOARD_BACKUP_KEEP", value) for value in ("0", "-1", "10001", "all")],
        *[("API_DASHBOARD_BACKUP_RECIPIENT", value) for value in (
            "apdr_" + "a" * 58, "apdp_" + "a" * 57, "apdp_" + "1" * 58, "me@example.com")],
        *[("JWT_SECRET_KEY", value) for value in ("short", "x" * 31, "a" * 64, "ab" * 40,
                                                  "0123456789abcdef0123456789abcde")],
        *[("FERNET_KEYS", value) for value in ("short", "x" * 44, ",", f"{FERNET},", f",{FERNET}",
                                               f"{FERNET},{FERNET}", f"{FERNET} {FERNET}",
                                               f"{FERNET},short", FERNET[:-2], "\u00e9" * 44,
                                               FERNET[:-2] + "9=")],
    ],
)  # fmt: skip
def test_s6_s18_an_invalid_value_is_refused_by_name_and_secrets_are_not_repeated(
    name: str, value: str
) -> None:
    with pytest.raises(SettingError, match=name) as refused:
        read_settings({**GOOD, name: value})
    text = str(refused.value)
    assert "\n" not in text and text.endswith((".", ")"))
    if name in ("JWT_SECRET_KEY", "FERNET_KEYS", "API_DASHBOARD_INVITE_CODE") and len(value) > 5:
        assert value not in text


@pytest.mark.parametrize("name", ["JWT_SECRET_KEY", "FERNET_KEYS"])
def test_s18_settings_do_not_show_their_secrets(name: str) -> None:
    settings = read_settings({
        **GOOD, "API_DASHBOARD_INVITE_CODE": "come-in-please", "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SECRET_ACCESS_KEY": "aws-secret-key", "AWS_SESSION_TOKEN": "aws-session",
    })  # fmt: skip
    for text in (repr(settings), str(settings), f"{settings}"):
        for secret in (GOOD[name], "come-in-please", "aws-secret-key", "aws-session"):
            assert secret not in text


def test_s28_encryption_keys_are_in_order_newest_first() -> None:
    other = Fernet.generate_key().decode()
    settings = read_settings({**GOOD, "FERNET_KEYS": f" {other} , {FERNET} "})
    assert [key.reveal() for key in settings.fernet_keys] == [other, FERNET]


def test_s6_the_allow_list_is_exact_and_refused_on_aws() -> None:
    given = {"API_DASHBOARD_ALLOWED_UPSTREAMS": "127.0.0.1:9000, localhost:9001"}
    assert read_settings(given).allowed_upstreams == {"127.0.0.1:9000", "localhost:9001"}
    with pytest.raises(SettingError, match="API_DASHBOARD_ALLOWED_UPSTREAMS"):
        read_settings({**given, "AWS_LAMBDA_FUNCTION_NAME": "f"})
    assert read_settings({"AWS_LAMBDA_FUNCTION_NAME": "f"}).allowed_upstreams == frozenset()


def test_api_ports_are_for_one_machine_only() -> None:
    given = {"API_DASHBOARD_API_PORTS": "stripe:8421, my-api_2:9000"}
    assert read_settings(given).api_ports == {"stripe": 8421, "my-api_2": 9000}
    assert read_settings({}).api_ports == {}
    with pytest.raises(SettingError, match="API_DASHBOARD_API_PORTS"):
        read_settings({**given, "AWS_LAMBDA_FUNCTION_NAME": "f"})


def test_backups_by_schedule_need_a_recovery_key_and_the_database_of_one_machine() -> None:
    recipient = "apdp_" + "a" * 58
    given = {
        "API_DASHBOARD_BACKUP_FOLDER": "/backups",
        "API_DASHBOARD_BACKUP_RECIPIENT": recipient,
    }
    assert read_settings({}).backups is None
    assert read_settings(given).backups == BackupSchedule(Path("/backups"), 24, 7, recipient)
    changed = {**given, "API_DASHBOARD_BACKUP_HOURS": "1", "API_DASHBOARD_BACKUP_KEEP": "30"}
    assert read_settings(changed).backups == BackupSchedule(Path("/backups"), 1, 30, recipient)
    with pytest.raises(SettingError, match=r"RECIPIENT is missing.*`api-dashboard recovery-key`"):
        read_settings({"API_DASHBOARD_BACKUP_FOLDER": "/backups"})
    for elsewhere in (
        {"AWS_LAMBDA_FUNCTION_NAME": "f"},
        {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:8000"},
    ):
        with pytest.raises(SettingError, match="API_DASHBOARD_BACKUP_FOLDER is for the database"):
            read_settings({**given, **elsewhere})


def test_a_function_stays_within_the_limits_of_lambda() -> None:
    settings = within_platform_limits(read_settings({}))
    assert settings.call_timeout is not None and settings.call_timeout < 29
    assert settings.call_timeout == settings.upstream_timeout
    assert settings.max_request_bytes <= 6 * 1024 * 1024
    assert settings.max_response_bytes is not None
    assert settings.max_response_bytes * 4 / 3 < 6 * 1024 * 1024


@pytest.mark.parametrize(
    ("given", "limits"),
    [
        ({}, (10, 600, 600, 600)),
        ({"UPSTREAM": "5"}, (5, 5, 5, 5)),
        ({"UPSTREAM": "60"}, (10, 60, 60, 60)),
        ({"UPSTREAM": "60", "CONNECT": "30", "IDLE": "900"}, (30, 60, 60, 900)),
        ({"SEND": "1", "FIRST_BYTE": "2", "IDLE": "0.1"}, (10, 1, 2, 0.1)),
    ],
)
def test_one_setting_is_the_default_of_the_other_time_limits(
    given: dict[str, str], limits: tuple[float, ...]
) -> None:
    settings = read_settings({f"API_DASHBOARD_{name}_TIMEOUT": given[name] for name in given})
    assert limits == (
        settings.connect_timeout,
        settings.send_timeout,
        settings.first_byte_timeout,
        settings.idle_timeout,
    )
    assert settings.call_timeout is None, "no limit for a whole call on one machine"


def test_sign_up_by_invite_requires_a_code() -> None:
    with pytest.raises(SettingError, match="API_DASHBOARD_INVITE_CODE"):
        read_settings({"API_DASHBOARD_SIGN_UP": "invite"})
    given = {"API_DASHBOARD_SIGN_UP": "invite", "INVITE_CODE_PARAMETER": "/stack/invite"}
    assert read_settings(given).sign_up == "invite"


def test_valid_values_are_used(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("x")
    settings = read_settings({
        **GOOD, "API_DASHBOARD_HOST": "0.0.0.0", "API_DASHBOARD_PORT": " 9000 ",
        "API_DASHBOARD_DATA": str(tmp_path), "API_DASHBOARD_PUBLIC_URL": "https://a.example/",
        "API_DASHBOARD_CA_FILE": str(file), "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL_DYNAMODB": "http://[::1]:8000",
    })  # fmt: skip
    assert (settings.host, settings.port, settings.data) == ("0.0.0.0", 9000, tmp_path)
    assert settings.public_url == "https://a.example"
    assert settings.certificate_authorities == str(file)
    assert settings.region == "eu-central-1"
    assert settings.dynamodb_endpoint == "http://[::1]:8000"


def test_an_empty_value_means_the_default() -> None:
    names = ("API_DASHBOARD_HOST", "API_DASHBOARD_PORT", "API_DASHBOARD_SIGN_UP", "DYNAMODB_TABLE",
             "API_DASHBOARD_ALLOWED_UPSTREAMS", "API_DASHBOARD_INVITE_CODE", "JWT_SECRET_KEY",
             "FERNET_KEYS", "API_DASHBOARD_UPSTREAM_TIMEOUT", "AWS_REGION")  # fmt: skip
    assert read_settings(dict.fromkeys(names, "  ")) == read_settings({})


def test_pages_are_a_folder_with_an_index_and_for_one_machine_only(tmp_path: Path) -> None:
    assert read_settings({}).pages is None
    given = {"API_DASHBOARD_PAGES": str(tmp_path)}
    with pytest.raises(SettingError, match=r"API_DASHBOARD_PAGES .* no index\.html"):
        read_settings(given)
    (tmp_path / "index.html").write_text("")
    assert read_settings(given).pages == tmp_path
    with pytest.raises(SettingError, match="API_DASHBOARD_PAGES is for one machine only"):
        read_settings({**given, "AWS_LAMBDA_FUNCTION_NAME": "f"})
