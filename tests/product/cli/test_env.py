"""`env import` and `env export`."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.support.accounts import Account, list_all
from tests.support.clients import HttpClient
from tests.support.command_line import CommandLine, failed

OPENAI = "sk-proj-Zk3jT9wQmX7vBn2LpR8sYd4FhGc6Ea1U"
GITHUB = "ghp_kQ7zX2mVb9RtLw4NpYs8DfGh3JcEa6TuWi1o"
CONTENT = f"# production\nOPENAI_API_KEY={OPENAI}\nDEBUG=1\nGITHUB_TOKEN='{GITHUB}'\n"


@pytest.fixture
def account(server: HttpClient) -> Account:
    """An account without keys."""
    return Account(server)


@pytest.fixture
def signed_in(run: CommandLine, account: Account) -> CommandLine:
    """A command line that is signed in to an account without keys."""
    run.login(account)
    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A `.env` file with two keys, which the group can read."""
    path = tmp_path / ".env"
    path.write_text(CONTENT)
    path.chmod(0o640)
    return path


def keys(account: Account) -> list[str]:
    """Return the APIs of the stored keys, sorted."""
    return sorted(key["api_name"] for key in list_all(account, "/api/keys"))


def test_a_dry_run_shows_the_plan_and_stores_nothing(
    signed_in: CommandLine, account: Account, file: Path
) -> None:
    ran = signed_in("env", "import", str(file), "--dry-run")
    assert ran.exit_code == 0, ran.err
    assert "2 keys to store" in ran.out
    assert "OPENAI_API_KEY" in ran.out and "…Ea1U" in ran.out and "DEBUG" in ran.out
    assert OPENAI not in ran.out and GITHUB not in ran.out
    planned = signed_in("env", "import", str(file), "--dry-run", "--json").json["files"]
    assert [(each["path"], each["keys"]) for each in planned] == [(str(file), 2)]
    assert keys(account) == []


def test_an_import_asks_stores_the_keys_and_leaves_the_file(
    signed_in: CommandLine, account: Account, file: Path
) -> None:
    failed_without = signed_in("env", "import", str(file))
    assert failed_without.exit_code == 2 and "--yes" in failed_without.err
    assert signed_in("env", "import", str(file), answers=["n"]).exit_code == 1
    assert keys(account) == []
    ran = signed_in("env", "import", str(file), str(file), answers=["y"])
    assert ran.exit_code == 0, ran.err
    assert "Stored 2 keys." in ran.err
    assert keys(account) == ["github", "openai"]
    assert file.read_text() == CONTENT
    again = signed_in("env", "import", str(file), "--yes", "--json")
    assert again.json["files"][0]["keys"] == []


def test_write_replaces_the_keys_with_a_token(
    signed_in: CommandLine, account: Account, file: Path
) -> None:
    link = file.with_name("link")
    link.symlink_to(file)
    ran = signed_in("env", "import", str(link), "--write", "--yes")
    assert ran.exit_code == 0, ran.err
    text = file.read_text()
    assert OPENAI not in text and GITHUB not in text
    assert text.startswith("# production\nOPENAI_API_KEY=apd_") and "\nDEBUG=1\n" in text
    assert f"OPENAI_BASE_URL={account.client.url}/proxy/openai/v1" in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert sorted(os.listdir(file.parent)) == [".env", "config", "link"]
    [token] = list_all(account, "/api/tokens")
    assert token["apis"] == ["github", "openai"]


def test_an_export_prints_a_file_with_a_token(
    signed_in: CommandLine, account: Account, file: Path
) -> None:
    signed_in("env", "import", str(file), "--yes")
    ran = signed_in("env", "export", str(file), "--new-token", "laptop", "--api", "openai")
    assert ran.exit_code == 0, ran.err
    assert "OPENAI_API_KEY=apd_" in ran.out and "# production" in ran.out
    assert "(GITHUB_TOKEN) still looks like a secret" in ran.err
    assert file.read_text() == CONTENT
    token = account.token(["github"])
    piped = signed_in("env", "export", str(file), "--token", "-", "--json", stdin=f"{token}\n")
    assert piped.json["apis"] == ["github"]
    asked = signed_in("env", "export", answers=[token])
    assert asked.out.count(token) == 1
    new = file.with_name("new")
    assert signed_in("env", "export", "-o", str(new), "--token", "-", stdin=token).exit_code == 0
    assert new.read_text() == asked.out
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    assert signed_in("env", "export", str(file), "--new-token", "x", "--write").exit_code == 0
    assert GITHUB not in file.read_text()


def test_a_file_that_cannot_be_written_stays_and_its_token_is_revoked(
    signed_in: CommandLine, account: Account, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in("env", "import", str(file), "--yes")

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("api.cli.env_file.os.fsync", full)
        ran = signed_in("env", "export", str(file), "--new-token", "x", "--write")
    assert ran.exit_code == 1
    assert "disk is full" in ran.err and "token was revoked" in ran.err
    assert file.read_text() == CONTENT
    assert sorted(os.listdir(file.parent)) == [".env", "config"]
    assert list_all(account, "/api/tokens") == []


def test_wrong_arguments_are_named(
    signed_in: CommandLine, account: Account, tmp_path: Path, file: Path
) -> None:
    token = account.token(["*"])
    ran = signed_in("env", "export", "--token", token)
    failed(ran, 2, "--token", "standard input")
    assert token not in ran.err
    failed(signed_in("env", "export", "--token", "-", stdin="sk-no-token"), 2, "--token: ")
    failed(signed_in("env", "export"), 2, "--new-token")
    failed(signed_in("env", "export", "--new-token", "x"), 1, "No key is stored")
    failed(signed_in("env", "export", "--write", "--new-token", "x"), 2, "--write")
    failed(signed_in("env", "export", "-o", str(file), "--new-token", "x"), 2, "exists")
    failed(signed_in("env", "export", "--api", "nope", "--token", "-", stdin=token), 2, "--api: ")
    failed(signed_in("env", "import", str(tmp_path / "none")), 2, "There is no file")
    failed(signed_in("env", "import", str(tmp_path)), 2, "is not a file")
    failed(signed_in("env", "import"), 2, "FILE")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    failed(signed_in("env", "import", str(tmp_path / "binary")), 1, "is not UTF-8")
    (tmp_path / "large").write_bytes(b"#" * 1_100_000)
    failed(signed_in("env", "import", str(tmp_path / "large")), 1, "1 MiB")
