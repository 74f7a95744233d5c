"""Read single values from the environment. Every error names the variable."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from api.errors import SettingError
from api.secret import Secret


class SettingReader:
    """Reads typed values from `source`. All methods raise SettingError for an invalid value."""

    def __init__(self, source: Mapping[str, str]) -> None:
        self._source = source

    def optional(self, name: str) -> str | None:
        """Return an unchanged value, or None if it is empty."""
        return self._source.get(name) or None

    def stripped(self, name: str) -> str:
        """Return a value without surrounding white space, or an empty string."""
        return self._source.get(name, "").strip()

    def text(self, name: str, default: str) -> str:
        """Return a text without control characters."""
        value = self.stripped(name)
        if any(ord(character) < 32 for character in value):
            raise SettingError(f"{name} must not contain control characters.")
        return value or default

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        value = self.stripped(name)
        if not value:
            return default
        if not (value.isascii() and value.isdigit()) or not low <= int(value) <= high:
            raise SettingError(f"{name} must be a whole number from {low} to {high}.")
        return int(value)

    def switch(self, name: str, default: bool) -> bool:
        """Return whether a value is `true`, not `false`."""
        value = self.text(name, "true" if default else "false")
        if value not in ("true", "false"):
            raise SettingError(f"{name} must be true or false.")
        return value == "true"

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """Return a number from `low` to `high`."""
        value = self.stripped(name)
        if not value:
            return default
        try:
            parsed = float(value)
        except ValueError:
            parsed = -1.0
        if not low <= parsed <= high:
            raise SettingError(f"{name} must be a number from {low:g} to {high:g}.")
        return parsed

    def url(self, name: str) -> str | None:
        """Return an HTTP URL without a trailing slash, or None."""
        value = self.stripped(name).rstrip("/")
        if not value:
            return None
        if not re.fullmatch(r"https?://[A-Za-z0-9._\[\]:-]+(/[A-Za-z0-9._~/-]*)?", value):
            raise SettingError(f"{name} must be a URL such as http://127.0.0.1:8000.")
        return value

    def host_names(self, name: str) -> frozenset[str]:
        """Return host names or IP addresses, in lower case, separated by commas."""
        entries = [entry.strip().lower() for entry in self.stripped(name).split(",")]
        for entry in filter(None, entries):
            if not re.fullmatch(
                r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[?[0-9a-f:.]*:[0-9a-f:.]*\]?", entry
            ):
                raise SettingError(
                    f"{name} must contain host names without scheme and port, such as "
                    "dashboard.lan, separated by commas."
                )
        return frozenset(filter(None, entries))

    def file(self, name: str) -> str | None:
        """Return the path of an existing file, or None."""
        value = self.stripped(name)
        if value and not os.path.isfile(value):
            raise SettingError(f"{name} must be the path of an existing file.")
        return value or None

    def secret(self, name: str, minimum: int) -> Secret | None:
        """Return a secret of at least `minimum` characters, or None."""
        value = self.stripped(name)
        if value and len(value) < minimum:
            raise SettingError(f"{name} must have at least {minimum} characters.")
        return Secret(value) if value else None
