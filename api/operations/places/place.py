"""A place that holds an installation: its items and its secrets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from api.operations.items import InstallationSecrets, Item


class SourcePlace(Protocol):
    """A place that can be read. Every method raises OperationError."""

    @property
    def name(self) -> str:
        """Return what messages call the place, for example `the data folder /home/ada/data`."""

    @property
    def table_name(self) -> str:
        """Return the name of the table."""

    def secrets(self) -> InstallationSecrets:
        """Read the secrets."""

    def snapshot(self) -> AbstractContextManager[Iterator[Item]]:
        """Return all items, each once, as they were at one moment, while others write."""
