"""What `rotate-keys --stack` finds out about a stack's encryption keys, and what it says next."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from api.operations import stack_rotation
from api.operations.errors import OperationError
from api.operations.items import InstallationSecrets
from api.operations.places.stack import Project, StackPlace
from api.operations.places.table import TablePlace
from api.operations.stack_rotation import KeyVersions, read_key_versions, rotate_table
from api.secret import Secret
from api.services.keys.rotation import RotationProgress

KEY = Secret("A" * 43 + "=")


class Configured:
    stack = "prod"

    def __init__(self, printed: str = "{}") -> None:
        self.printed = printed

    def run(self, *arguments: str, doing: str) -> str:
        assert arguments == ("config", "--json")
        return self.printed


class Stack(StackPlace):
    def __init__(self, keys: int, versions: KeyVersions) -> None:
        self.keys = keys
        self.project = project(
            encryptionKeyVersion=versions.newest, oldestEncryptionKeyVersion=versions.oldest
        )

    def secrets(self) -> InstallationSecrets:
        return InstallationSecrets(KEY, (KEY,) * self.keys)


class Bare(TablePlace):
    def __init__(self, keys: int) -> None:
        self.keys = keys

    def secrets(self) -> InstallationSecrets:
        return InstallationSecrets(KEY, (KEY,) * self.keys)


class Nothing:
    keys = encrypted_items = encryption_checks = None


@pytest.fixture
def accepted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The check values that are accepted. Rotations find one unreadable key if `lost` is in it."""
    found: list[Any] = []

    def rotate(keys: Any, others: Any, cipher: Any, report: Any) -> RotationProgress:
        return RotationProgress(1, 1, 3, 2, ("ada/openai.1",) if "lost" in found else ())

    monkeypatch.setattr(stack_rotation, "storage_of_table", lambda place: Nothing)
    monkeypatch.setattr(stack_rotation, "rotate", rotate)
    monkeypatch.setattr(
        stack_rotation, "accept_encryption_keys", lambda *given: found.append("newest")
    )
    return found


def project(**values: object) -> Project:
    document = {f"api-dashboard:{name}": {"value": value} for name, value in values.items()}
    return cast(Project, Configured(json.dumps(document)))


def rotated(keys: int, versions: KeyVersions) -> tuple[str, ...]:
    return rotate_table(Stack(keys, versions), lambda progress: None).next_commands


def test_the_versions_are_those_of_the_configuration_with_the_program_s_defaults() -> None:
    assert read_key_versions(project()) == KeyVersions(1, 1)
    assert read_key_versions(project(encryptionKeyVersion="3")) == KeyVersions(3, 1)
    both = project(encryptionKeyVersion="3", oldestEncryptionKeyVersion="2", memory="512")
    assert read_key_versions(both) == KeyVersions(3, 2)


@pytest.mark.parametrize("printed", ["", "[]", '{"p:encryptionKeyVersion": {"value": "x"}}'])
def test_an_unreadable_configuration_is_one_sentence(printed: str) -> None:
    configured: Any = Configured(printed)
    with pytest.raises(OperationError, match="of the stack prod failed: encryptionKeyVersion"):
        read_key_versions(configured)


def test_after_a_rotation_the_older_keys_can_be_removed(accepted: list[Any]) -> None:
    assert rotated(3, KeyVersions(5, 3)) == (
        "pulumi config set oldestEncryptionKeyVersion 5 --stack prod",
        "pulumi up --stack prod",
    )
    assert accepted == ["newest"]


def test_with_one_key_it_says_how_a_new_one_is_added(accepted: list[Any]) -> None:
    assert rotated(1, KeyVersions(5, 5)) == (
        "pulumi config set encryptionKeyVersion 6 --stack prod",
        "pulumi up --stack prod",
    )


@pytest.mark.parametrize(("keys", "newest"), [(1, 2), (2, 1)])
def test_a_configuration_that_is_not_deployed_yet_is_refused(
    accepted: list[Any], keys: int, newest: int
) -> None:
    with pytest.raises(OperationError, match="run `pulumi up --stack prod`, then repeat"):
        rotated(keys, KeyVersions(newest, 1))
    assert accepted == []


def test_while_secrets_are_unreadable_no_key_is_removed(accepted: list[Any]) -> None:
    accepted.append("lost")
    assert rotated(2, KeyVersions(2, 1)) == ()
    assert accepted == ["lost"]


def test_a_table_without_its_stack_has_no_known_versions(accepted: list[Any]) -> None:
    commands = rotate_table(Bare(2), lambda progress: None).next_commands
    assert commands == (
        "pulumi config set oldestEncryptionKeyVersion $(pulumi config get encryptionKeyVersion)",
        "pulumi up",
    )
