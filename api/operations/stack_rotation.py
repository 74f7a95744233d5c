"""Encrypt all secrets of a table with the newest encryption key of its stack."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator

import msgspec

from api.aws.json_client import AwsError, ServiceUnavailable
from api.errors import StorageError
from api.operations.errors import OperationError
from api.operations.places.stack import Project, StackPlace
from api.operations.places.table import TablePlace
from api.operations.table_storage import storage_of_table
from api.services.keys.cipher import Cipher
from api.services.keys.encryption_check import accept_encryption_keys
from api.services.keys.rotation import RotationProgress, rotate

NEWEST = "encryptionKeyVersion"
OLDEST = "oldestEncryptionKeyVersion"


class KeyVersions(msgspec.Struct, frozen=True):
    """The newest and the oldest version of the encryption key in a stack's configuration."""

    newest: int = 1
    oldest: int = 1

    @property
    def count(self) -> int:
        """The number of keys that `pulumi up` gives to the functions."""
        return self.newest - self.oldest + 1


class StackRotation(msgspec.Struct, frozen=True):
    """The result of a rotation. `next_commands` are those that come next: they remove the older of
    several `keys`, or add one. There are none if secrets are unreadable.
    """

    progress: RotationProgress
    keys: int
    next_commands: tuple[str, ...]


def read_key_versions(project: Project) -> KeyVersions:
    """Read the versions in Pulumi's configuration of the stack. Raises OperationError."""
    doing = f"Reading the configuration of the stack {project.stack}"
    text = project.run("config", "--json", doing=doing)
    try:
        values = {
            name.rpartition(":")[2]: entry.get("value") for name, entry in json.loads(text).items()
        }
        return KeyVersions(int(values.get(NEWEST, 1)), int(values.get(OLDEST, 1)))
    except (AttributeError, TypeError, ValueError) as error:
        raise OperationError(
            f"{doing} failed: {NEWEST} and {OLDEST} must be whole numbers. Set them with pulumi "
            "config set."
        ) from error


def rotate_table(place: TablePlace, report: Callable[[RotationProgress], None]) -> StackRotation:
    """Encrypt all secrets with the newest key, while the functions run.

    It can be stopped and started again. Raises OperationError, also if the keys of a stack are not
    those of its configuration: the wrong key would be removed afterwards.
    """
    versions = None
    keys = place.secrets().encryption
    if isinstance(place, StackPlace):
        versions = read_key_versions(place.project)
        _require_deployed(place.project.stack, len(keys), versions)
    cipher = Cipher(keys)
    with _explained(place):
        storage = storage_of_table(place)
        progress = rotate(storage.keys, storage.encrypted_items, cipher, report)
        if not progress.unreadable:
            accept_encryption_keys(storage.encryption_checks, cipher)
    if progress.unreadable:
        return StackRotation(progress, len(keys), ())
    stack = f" --stack {place.project.stack}" if isinstance(place, StackPlace) else ""
    return StackRotation(progress, len(keys), _next_commands(stack, len(keys), versions))


def _require_deployed(stack: str, count: int, versions: KeyVersions) -> None:
    if count != versions.count:
        raise OperationError(
            f"The stack {stack} has {_keys(count)}, and its configuration names "
            f"{_keys(versions.count)} ({NEWEST} {versions.newest}, {OLDEST} {versions.oldest}): "
            f"run `pulumi up --stack {stack}`, then repeat the command."
        )


def _next_commands(stack: str, count: int, versions: KeyVersions | None) -> tuple[str, ...]:
    up = f"pulumi up{stack}"
    if count > 1:
        newest = str(versions.newest) if versions else f"$(pulumi config get {NEWEST})"
        return f"pulumi config set {OLDEST} {newest}{stack}", up
    following = str(versions.newest + 1) if versions else "NEXT_NUMBER"
    return f"pulumi config set {NEWEST} {following}{stack}", up


@contextlib.contextmanager
def _explained(place: TablePlace) -> Iterator[None]:
    try:
        yield
    except (AwsError, ServiceUnavailable, StorageError) as error:
        raise OperationError(
            f"Encrypting the secrets of {place.name} stopped ({error}): repeat the command, it "
            "goes on where it stopped."
        ) from error


def _keys(count: int) -> str:
    return "1 encryption key" if count == 1 else f"{count} encryption keys"
