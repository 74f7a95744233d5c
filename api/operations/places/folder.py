"""The data folder of one machine as a source. It can be read while its server runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from api.errors import SettingError, StartError
from api.local.secrets_file import read_secrets
from api.operations.errors import OperationError
from api.operations.items import InstallationSecrets, Item
from api.operations.places.sqlite_snapshot import has_table, sqlite_snapshot
from api.settings import Settings
from api.storage.item_kinds import is_users, key_of


class FolderPlace:
    """The data folder that `settings` name, with secrets from its file or from the settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.path = settings.data.absolute()

    @property
    def name(self) -> str:
        """Return what messages call the place."""
        return f"the data folder {self.path}"

    @property
    def table_name(self) -> str:
        """Return the name of the table."""
        return self.settings.table_name

    @property
    def database(self) -> Path:
        """Return the path of the embedded database's file."""
        return self.path / "database.db"

    @property
    def secrets_file(self) -> Path:
        """Return the path of the file with the secrets."""
        return self.path / "secrets.env"

    def secrets(self) -> InstallationSecrets:
        """Read the secrets. Those of the environment come before those of the file."""
        signing, encryption = self.settings.jwt_secret_key, self.settings.fernet_keys
        if signing is None or not encryption:
            if not self.secrets_file.exists():
                raise OperationError(
                    f"There is no secrets file {self.secrets_file}: check the folder, or set "
                    "JWT_SECRET_KEY and FERNET_KEYS as for the server."
                )
            try:
                in_file = read_secrets(self.secrets_file)
            except (StartError, SettingError) as error:
                raise OperationError(str(error)) from error
            except OSError as error:
                raise OperationError(
                    f"The secrets file {self.secrets_file} cannot be read ({error.strerror}): "
                    "make it a file that this user can read."
                ) from error
            signing, encryption = signing or in_file[0], encryption or in_file[1]
        return InstallationSecrets(signing, encryption)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Iterator[Item]]:
        """Return all items, each once, as they were at one moment, while others write."""
        if not self.path.is_dir():
            raise OperationError(f"There is no folder {self.path}: check --data.")
        with sqlite_snapshot(self.database, self.table_name) as items:
            yield items

    def is_empty(self) -> bool:
        """Return whether nothing of a user is stored."""
        if not has_table(self.database, self.table_name):
            return True
        with self.snapshot() as items:
            return not any(is_users(key_of(item)[0]) for item in items)
