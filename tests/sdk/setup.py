"""Set up a client with the catalogue's lines of code and the user's values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Setup:
    """Where a client calls and with what. `base_url` has the provider's `sdk_path`, `api_url`
    does not; `root` is the API's address for clients that take no path; `others` are further APIs'
    base URLs by name.

    `code` are the lines that make `client`, placeholders still in.
    """

    code: str
    base_url: str
    root: str
    token: str
    others: dict[str, str] = field(default_factory=dict)
    api_url: str = ""

    @property
    def filled(self) -> str:
        """Return the lines with the values filled in."""
        root = urlsplit(self.root)
        values = {
            "{base_url}": self.base_url,
            "{api_url}": self.api_url,
            "{root_host}": str(root.hostname),
            "{root_port}": str(root.port),
            "{token}": self.token,
        }
        text = self.code
        for placeholder, value in values.items():
            text = text.replace(placeholder, value)
        return text

    def python(self, old: str = "", new: str = "") -> Any:
        """Run the lines and return `client`. Replace `old` by `new` in the lines first."""
        assert old in self.filled
        made: dict[str, Any] = {}
        exec(self.filled.replace(old, new, 1), made)
        return made["client"]
