"""Open the dashboard in the browser as soon as the server responds."""

from __future__ import annotations

import ssl
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable

from api.cli.places import can_open_browser

# Seconds.
_PATIENCE = 60.0
_PAUSE = 0.1
_REQUEST_SECONDS = 5.0


def open_in_browser(url: str) -> bool:
    """Open a page in a graphical browser. Return whether there is one."""
    return can_open_browser() and webbrowser.open(url)


def open_when_ready(url: str, open_url: Callable[[str], bool] = open_in_browser) -> None:
    """Open the page `url` in a browser when its server responds, in a thread of its own."""
    threading.Thread(
        target=_wait_and_open, args=(url, open_url), name="browser", daemon=True
    ).start()


def _wait_and_open(url: str, open_url: Callable[[str], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if responds(url):
            if not open_url(url):
                print(f"No browser could be opened: open {url} yourself.", flush=True)
            return
        time.sleep(_PAUSE)


def responds(url: str) -> bool:
    """Return whether a server responds to a request for `url`, with any status."""
    # Only whether something responds matters here; the browser checks the certificate.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # An HTTP proxy cannot reach this machine's loopback addresses.
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    try:
        opener.open(url, timeout=_REQUEST_SECONDS).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
