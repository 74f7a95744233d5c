"""The built dashboard on one machine: its files, read once and held in memory, as the CDN would
serve them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import unquote
from wsgiref.types import StartResponse, WSGIEnvironment

import msgspec

from api.errors import Problem, SettingError, reason_phrase
from api.problems import own_headers, rendered
from api.wsgi import REQUEST_ID_KEY

PAGE = "index.html"
CONFIG = "config.json"

# Files of our own, nothing written into the page, calls to our own address, no frames: word for
# word what the CDN sends (S33).
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_NAMED_BY_CONTENT = "public, max-age=31536000, immutable"
_ASKED_FOR = "no-cache"
# Every other path is a page's: the script in it knows which.
_FILE_PATH = re.compile(r"/(assets/.+|[^/]+\.[^/]+)")


class PageFile(msgspec.Struct, frozen=True):
    """A file with what it is sent with. `packed` is its gzip form, None where that is no shorter.

    `tag` is its entity tag without quotes; the gzip form's has `-gzip` behind it.
    """

    body: bytes
    packed: bytes | None
    content_type: str
    cache_control: str
    tag: str


def page_file(key: str, body: bytes) -> PageFile:
    """A file of the site by its path from the root on. Raises SettingError for an unknown type."""
    try:
        content_type = _TYPES[Path(key).suffix]
    except KeyError:
        raise SettingError(
            f"API_DASHBOARD_PAGES holds a file whose type is unknown: {key}."
        ) from None
    packed = gzip.compress(body, 9, mtime=0)
    return PageFile(
        body=body,
        packed=packed if len(packed) < len(body) else None,
        content_type=content_type,
        cache_control=_NAMED_BY_CONTENT if key.startswith("assets/") else _ASKED_FOR,
        tag=hashlib.sha256(body).hexdigest()[:32],
    )


def read_pages(folder: Path) -> Pages:
    """The built dashboard in a folder. Raises SettingError for a file of unknown type."""
    files = {}
    for path in sorted(folder.rglob("*")):
        key = path.relative_to(folder).as_posix()
        if path.is_file() and not any(part.startswith(".") for part in key.split("/")):
            files[key] = page_file(key, path.read_bytes())
    # Where the API is: here.
    files[CONFIG] = page_file(CONFIG, json.dumps({"api": ""}).encode())
    return Pages(files)


def key_of(raw_path: str) -> str:
    """The file that a path, as sent, stands for; the same rule as the CDN's."""
    return unquote(raw_path[1:]) if _FILE_PATH.fullmatch(raw_path) else PAGE


class Pages:
    """The WSGI application (PEP 3333) of the pages; it needs `RAW_URI` in the environ."""

    def __init__(self, files: Mapping[str, PageFile]) -> None:
        self.files = files

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        identity = environ[REQUEST_ID_KEY]
        fields = dict(own_headers(identity, environ.get("wsgi.url_scheme") == "https"))
        try:
            status, own, body = self._answer(environ)
        except Problem as problem:
            status = problem.status
            own, body = rendered(problem, identity)
            own.append(("Content-Length", str(len(body))))
        fields.update(own)
        start_response(f"{status} {reason_phrase(status)}", list(fields.items()))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _answer(self, environ: WSGIEnvironment) -> tuple[int, list[tuple[str, str]], bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            raise Problem(
                "method_not_allowed", "Pages take GET, HEAD.", headers=(("Allow", "GET, HEAD"),)
            )
        file = self.files.get(key_of(environ["RAW_URI"].partition("?")[0]))
        if file is None:
            raise Problem("not_found", "There is no such file.")
        packed = file.packed if takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")) else None
        tag = f'"{file.tag}"' if packed is None else f'"{file.tag}-gzip"'
        fields = [
            ("Cache-Control", file.cache_control),
            ("Content-Security-Policy", PAGE_POLICY),
            ("ETag", tag),
        ]
        if file.packed is not None:
            fields.append(("Vary", "Accept-Encoding"))
        if has_tag(environ.get("HTTP_IF_NONE_MATCH", ""), tag):
            return 304, fields, b""
        body = file.body if packed is None else packed
        fields += [("Content-Type", file.content_type), ("Content-Length", str(len(body)))]
        if packed is not None:
            fields.append(("Content-Encoding", "gzip"))
        return 200, fields, body


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding field takes gzip (RFC 9110 12.5.3)."""
    weights: dict[str, bool] = {}
    for part in accepted.lower().split(","):
        coding, *parameters = (piece.strip() for piece in part.split(";"))
        refused = any(re.fullmatch(r"q\s*=\s*0(\.0*)?", one) for one in parameters)
        weights[coding] = not refused
    return weights.get("gzip", weights.get("*", False))


def has_tag(listed: str, tag: str) -> bool:
    """Whether an If-None-Match field names the tag, or any at all (RFC 9110 13.1.2)."""
    tags = [one.strip().removeprefix("W/") for one in listed.split(",")]
    return tag in tags or tags == ["*"]
