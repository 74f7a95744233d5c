"""Reading and replacing `.env` files."""

from __future__ import annotations

import os
from pathlib import Path

from api.cli.errors import USAGE, CliError
from api.cli.files import is_disk_full, write_at_once
from api.cli.output import plain

# What the API takes.
_LARGEST = 1_048_576


class EnvFile:
    """A `.env` file with the text that was read from it."""

    def __init__(self, path: Path) -> None:
        """Read the file. Raises CliError unless it is a regular file with UTF-8 text."""
        self.path = path
        # A link stays one: its target is replaced.
        self._target = Path(os.path.realpath(path))
        try:
            if not self._target.exists():
                raise CliError(f"There is no file {self}: give the path of a .env file.", USAGE)
            if not self._target.is_file():
                raise CliError(f"{self} is not a file: give the path of a .env file.", USAGE)
            self._content = self._target.read_bytes()
            self.text = self._content.decode("utf-8")
        except OSError as error:
            raise CliError(
                f"{self} cannot be read ({error.strerror}): give a file that you can read."
            ) from error
        except UnicodeDecodeError as error:
            raise CliError(f"{self} is not UTF-8 text: give a .env file.") from error
        if len(self._content) > _LARGEST:
            raise CliError(f"{self} has more than 1 MiB: split it into parts.")

    def __str__(self) -> str:
        return plain(str(self.path))

    def replace(self, text: str) -> None:
        """Replace the file's content at once, and keep its mode.

        Raises CliError if it cannot be written, or changed since it was read. It then stays as it
        is.
        """
        try:
            unchanged = self._target.read_bytes() == self._content
            mode = self._target.stat().st_mode & 0o7777
        except OSError:
            unchanged = False
        if not unchanged:
            raise CliError(f"{self} has changed in the meantime: try again.")
        write_env_file(self._target, text, mode)


def write_env_file(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file at once. If that fails, the old content stays. Raises CliError."""
    try:
        write_at_once(path, text.encode(), mode)
    except OSError as error:
        reason = (
            "the disk is full: free some space"
            if is_disk_full(error)
            else f"{error.strerror}: choose a file in a folder that you can write"
        )
        raise CliError(f"{plain(str(path))} was not written, because {reason}.") from error
