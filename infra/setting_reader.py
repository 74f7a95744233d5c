"""Read the settings of a stack by name. Every wrong value is refused with one sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TypeVar

import pulumi

# An object of S3 has at most 10 tags, other resources 50. All services accept these characters:
# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
_MOST_TAGS = 10
_TAG_KEY = re.compile(r"(?!(?i:aws:))[\w .:/=+@-]{1,128}")
_TAG_VALUE = re.compile(r"[\w .:/=+@-]{0,256}")
Choice = TypeVar("Choice", bound=str)


class SettingRefused(pulumi.RunError):
    """A setting is not valid. The message names it and its allowed values."""


class StackSettingReader:
    """Reads values by name and remembers the names."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._known: list[str] = []

    def text(self, name: str, default: str) -> str:
        """Return a text without spaces around it, the default if it is empty."""
        self._known.append(name)
        return self._values.get(name, "").strip() or default

    def pattern(self, name: str, pattern: re.Pattern[str], meaning: str) -> str:
        """Return a text that matches `pattern`, or an empty one. `meaning` describes it."""
        value = self.text(name, "")
        if value and not pattern.fullmatch(value):
            raise SettingRefused(f"{name} must be {meaning}, or empty.")
        return value

    def choice(self, name: str, default: Choice, allowed: tuple[Choice, ...]) -> Choice:
        """Return one of the allowed values."""
        value = self.text(name, default)
        for candidate in allowed:
            if value == candidate:
                return candidate
        raise SettingRefused(f"{name} must be one of {', '.join(allowed)}.")

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        value = self.text(name, str(default))
        if not (value.isascii() and value.isdigit()) or not low <= int(value) <= high:
            raise SettingRefused(f"{name} must be a whole number from {low} to {high}.")
        return int(value)

    def switch(self, name: str, *, default: bool) -> bool:
        """Return whether a setting is true or false."""
        return self.choice(name, "true" if default else "false", ("true", "false")) == "true"

    def automatic(self, name: str, *, automatic: bool) -> bool:
        """Return whether a setting is true or false, or the value for auto."""
        value = self.text(name, "auto")
        if value not in ("auto", "true", "false"):
            raise SettingRefused(f"{name} must be true, false or auto.")
        return automatic if value == "auto" else value == "true"

    def tags(self, name: str) -> dict[str, str]:
        """Return a map of tags that every AWS service accepts. Pulumi passes a map as JSON."""
        text = self.text(name, "{}")
        try:
            values = json.loads(text)
        except ValueError:
            values = None
        if not isinstance(values, dict):
            raise SettingRefused(
                f"{name} must be a map (pulumi config set --path {name}.team platform)."
            )
        tags = {key: _tag_value(name, key, value) for key, value in values.items()}
        if len(tags) > _MOST_TAGS or len({key.lower() for key in tags}) < len(tags):
            raise SettingRefused(
                f"{name} must have at most {_MOST_TAGS} keys, which must not differ in case alone."
            )
        return tags

    def refuse_unknown(self) -> None:
        """Refuse names that were not read."""
        for name in sorted(set(self._values) - set(self._known)):
            raise SettingRefused(
                f"{name} is not a setting of this stack. The settings are: "
                f"{', '.join(sorted(self._known))}."
            )


def _tag_value(name: str, key: str, value: object) -> str:
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, dict | list | float | None):
        raise SettingRefused(
            f"{name} must have texts as values; {key!r} has none. Quote keys with dots: "
            f"pulumi config set --path '{name}[\"a.b\"]' text."
        )
    text = str(value)
    if not _TAG_KEY.fullmatch(key) or not _TAG_VALUE.fullmatch(text):
        raise SettingRefused(
            f"{name} must have keys of 1 to 128 and values of at most 256 letters, digits, spaces "
            f"and + - = . _ : / @, and no key may begin with aws:. This is not so for {key!r}."
        )
    return text
