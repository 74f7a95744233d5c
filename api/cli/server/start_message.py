"""The lines that the server prints when it has started."""

from __future__ import annotations

from collections.abc import Sequence

from api.local.data_folder import has_data
from api.local.server.master import server_url
from api.settings import Settings

# Addresses to listen on that a browser cannot open.
_ANY_ADDRESS = ("0.0.0.0", "::", "")


def browser_url(settings: Settings) -> str:
    """Return the URL at which a browser on this machine opens the dashboard."""
    host = "127.0.0.1" if settings.host in _ANY_ADDRESS else settings.host
    return server_url(host, settings.port, settings.tls_certificate is not None)


def start_message(settings: Settings, notes: Sequence[str]) -> list[str]:
    """Return the lines to print after the address. Call it before the start creates the data.

    `notes` are sentences about data folders that this start does not use.
    """
    lines = []
    if settings.dynamodb_endpoint is None:
        lines.append(f"Data folder: {settings.data}")
        lines += notes
        if not has_data(settings.data) and settings.pages is not None:
            lines.append(f"First start: open {browser_url(settings)}/sign-up to create an account.")
    return [*lines, "To stop the server, press Ctrl+C or send SIGTERM."]
