"""A test WSGI app that returns what the server passes to it, and a program that serves it.

python tests/product/local/standin.py SETTINGS_AS_JSON
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from api.errors import SettingError, StartError
from api.local.bootstrap import bootstrap
from api.local.server.master import serve
from api.logs import set_up_logging
from api.settings import Settings

DATABASE: str | None = None
ROW: int | None = None


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Return the request as JSON. The first path segment selects another behaviour."""
    behaviour = environ["PATH_INFO"].split("/")[1]
    if behaviour == "stream":
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        return stream(environ)
    if behaviour == "short":
        start_response("200 OK", [("Content-Length", "10")])
        return [b"12345"]
    if behaviour == "raise":
        raise RuntimeError("a failure of the app, with a secret in it")
    if behaviour == "slow":
        time.sleep(1.0)
    if behaviour == "unread":
        start_response("413 Content Too Large", [("Content-Length", "0")])
        return []
    if behaviour == "own-date":
        start_response("200 OK", [("Date", "then"), ("Server", "up"), ("Content-Length", "0")])
        return []
    try:
        body = environ["wsgi.input"].read()
    except OSError:
        start_response("400 Bad Request", [("Content-Length", "0")])
        return []
    seen = {
        "headers": environ["api_dashboard.headers"],
        "target": environ["RAW_URI"],
        "method": environ["REQUEST_METHOD"],
        "size": len(body),
        "scheme": environ["wsgi.url_scheme"],
        "address": environ["REMOTE_ADDR"],
        "pid": os.getpid(),
        "row": ROW,
        "database": DATABASE,
        "has_socket": environ["gunicorn.socket"].fileno() >= 0,
        "http": {name: value for name, value in environ.items() if name.startswith("HTTP_")},
    }
    answer = json.dumps(seen).encode()
    fields = [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))]
    start_response("200 OK", fields)
    return [answer]


def stream(environ: dict[str, Any]) -> Iterator[bytes]:
    """Yield one part, and another one when the file in the query exists."""
    gate = Path(environ["QUERY_STRING"])
    try:
        yield b"first"
        for _ in range(6000):
            if gate.with_suffix(".go").exists():
                break
            time.sleep(0.01)
            yield b"."
        yield b"last"
    finally:
        gate.with_suffix(".closed").touch()


def use_row(row: int) -> None:
    """Remember the row of this process."""
    global ROW
    ROW = row


def refusing_app() -> Any:
    """Raise the error of an app that cannot start."""
    raise SettingError("JWT_SECRET_KEY is missing: set it.")


def _settings(options: dict[str, Any]) -> Settings:
    types = get_type_hints(Settings)
    return Settings(
        **{
            name: msgspec.convert(value, types[name], dec_hook=lambda kind, given: kind(given))
            for name, value in options.items()
        }
    )


def main() -> int:
    global DATABASE
    set_up_logging()
    options = json.loads(sys.argv[1])
    make_app = refusing_app if options.pop("refuse", False) else lambda: app
    embedded = options.pop("embedded", False)
    settings = _settings(options)
    try:
        if not embedded:
            return serve(settings, make_app, use_row)
        with bootstrap(settings, lambda *_: None) as settings:
            DATABASE = settings.dynamodb_endpoint
            return serve(settings, make_app, use_row)
    except (SettingError, StartError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
