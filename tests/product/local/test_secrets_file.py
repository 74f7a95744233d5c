"""The secrets file is created once, private and never replaced; a missing one is detected."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from api.errors import SettingError, StartError
from api.local.data_folder import DataFolder, open_data_folder
from api.local.secrets_file import with_secrets
from api.secret import Secret
from api.settings import Settings

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
JWT = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[DataFolder]:
    with open_data_folder(tmp_path / "data") as opened:
        yield opened


def write(folder: DataFolder, text: str, mode: int = 0o600) -> None:
    folder.secrets.write_text(text)
    folder.secrets.chmod(mode)


def revealed(settings: Settings) -> tuple[str, list[str]]:
    assert settings.jwt_secret_key is not None
    return settings.jwt_secret_key.reveal(), [key.reveal() for key in settings.fernet_keys]


def test_s18_the_first_start_generates_random_secrets_that_are_kept(folder: DataFolder) -> None:
    first = revealed(with_secrets(Settings(), folder))
    assert folder.secrets.stat().st_mode & 0o777 == 0o600
    assert len(base64.urlsafe_b64decode(first[0] + "==")) * 8 >= 256
    assert [len(base64.urlsafe_b64decode(key)) * 8 for key in first[1]] == [256]
    assert revealed(with_secrets(Settings(), folder)) == first


def test_s18_two_machines_have_different_secrets(tmp_path: Path) -> None:
    found = []
    for name in ("a", "b"):
        with open_data_folder(tmp_path / name) as folder:
            found.append(revealed(with_secrets(Settings(), folder)))
    assert found[0][0] != found[1][0]
    assert found[0][1] != found[1][1]


def test_a_secret_in_the_environment_takes_precedence(folder: DataFolder) -> None:
    write(folder, f"JWT_SECRET_KEY={JWT}\nFERNET_KEYS={KEY}\n")
    given = "fedcba9876543210fedcba9876543210"
    settings = with_secrets(Settings(jwt_secret_key=Secret(given)), folder)
    assert revealed(settings) == (given, [KEY])


def test_no_file_is_created_if_the_environment_has_both_secrets(folder: DataFolder) -> None:
    given = Settings(jwt_secret_key=Secret(JWT), fernet_keys=(Secret(KEY),))
    assert with_secrets(given, folder) is given
    assert not folder.secrets.exists()


def test_comments_and_several_keys_newest_first_are_read(folder: DataFolder) -> None:
    older = base64.urlsafe_b64encode(bytes(32)).decode()
    write(folder, f"# rotated\n\nFERNET_KEYS={KEY},{older}\nJWT_SECRET_KEY={JWT}\n")
    assert revealed(with_secrets(Settings(), folder)) == (JWT, [KEY, older])


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_access_is_refused(folder: DataFolder, mode: int) -> None:
    write(folder, f"JWT_SECRET_KEY={JWT}\nFERNET_KEYS={KEY}\n", mode)
    with pytest.raises(StartError, match="chmod 600"):
        with_secrets(Settings(), folder)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has no JWT_SECRET_KEY"),
        (f"JWT_SECRET_KEY={JWT}\n", "has no FERNET_KEYS"),
        (f"JWT_SECRET_KEY={JWT}\nFERNET_KEYS={KEY}\nOTHER=1\n", "Line 3"),
        (f"JWT_SECRET_KEY={JWT}\nJWT_SECRET_KEY={JWT}\nFERNET_KEYS={KEY}\n", "Line 2"),
        (f"JWT_SECRET_KEY = {JWT}\n", "Line 1"),
        ("\x00\xff", "Line 1"),
    ],
)
def test_a_malformed_file_is_refused_and_not_changed(
    folder: DataFolder, text: str, sentence: str
) -> None:
    write(folder, text)
    with pytest.raises(StartError, match=sentence) as refused:
        with_secrets(Settings(), folder)
    assert JWT not in str(refused.value)
    assert folder.secrets.read_text() == text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"JWT_SECRET_KEY=short\nFERNET_KEYS={KEY}\n", "JWT_SECRET_KEY in .*secrets.env"),
        (f"JWT_SECRET_KEY={JWT}\nFERNET_KEYS=short\n", "FERNET_KEYS in .*secrets.env"),
    ],
)
def test_s18_a_weak_secret_in_the_file_is_refused_by_name(
    folder: DataFolder, text: str, name: str
) -> None:
    write(folder, text)
    with pytest.raises(SettingError, match=name):
        with_secrets(Settings(), folder)


def test_a_folder_instead_of_the_file_is_refused(folder: DataFolder) -> None:
    folder.secrets.mkdir(0o700)
    with pytest.raises(StartError):
        with_secrets(Settings(), folder)


def test_missing_secrets_are_not_replaced_while_there_is_data(folder: DataFolder) -> None:
    folder.database.write_bytes(b"data")
    with pytest.raises(StartError, match=r"is missing, but .* restore it from a backup"):
        with_secrets(Settings(), folder)
    assert not folder.secrets.exists()


def test_no_representation_of_the_settings_shows_a_secret(folder: DataFolder) -> None:
    settings = with_secrets(Settings(), folder)
    for secret in (revealed(settings)[0], *revealed(settings)[1]):
        assert secret not in f"{settings!r} {msgspec.structs.asdict(settings)}"
