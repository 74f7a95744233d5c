"""Serve the built dashboard on one machine from memory, with the same rules as the CDN."""

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
from api.problems import dashboard_headers, render_problem
from api.wsgi import REQUEST_ID_KEY

INDEX = "index.html"
CONFIG = "config.json"

# Allows only files and calls of the same origin, and no inline code or frames. The CDN sends
# exactly the same policy (S33).
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
_CACHE_FOREVER = "public, max-age=31536000, immutable"
_REVALIDATE = "no-cache"
# The pages that the script in index.html routes: web/src/app.tsx and infra/page_paths.js have the
# same list and the same pattern.
PAGE_PATHS = frozenset(
    {"/", "/sign-in", "/sign-up", "/keys", "/env-files", "/tokens", "/requests", "/rate-limits",
     "/spend", "/playground", "/notifications", "/audit", "/account"}
)  # fmt: skip
API_PAGE_PATH = re.compile(r"/apis/[a-z0-9][a-z0-9_-]{0,47}")
_FILE_PATH = re.compile(r"/(assets/.+|[^/]+\.[^/]+)")


class ServedFile(msgspec.Struct, frozen=True):
    """A file with its header values. `gzipped` is None if gzip does not make it shorter.

    `tag` is the entity tag without quotes; the tag of the gzip form ends with `-gzip`.
    """

    body: bytes
    gzipped: bytes | None
    content_type: str
    cache_control: str
    tag: str


def served_file(key: str, body: bytes) -> ServedFile:
    """Return a file of the site; `key` is its path. Raises SettingError for an unknown type."""
    try:
        content_type = _TYPES[Path(key).suffix]
    except KeyError:
        raise SettingError(
            f"API_DASHBOARD_PAGES contains a file of an unknown type: {key}."
        ) from None
    gzipped = gzip.compress(body, 9, mtime=0)
    return ServedFile(
        body=body,
        gzipped=gzipped if len(gzipped) < len(body) else None,
        content_type=content_type,
        cache_control=_CACHE_FOREVER if key.startswith("assets/") else _REVALIDATE,
        tag=hashlib.sha256(body).hexdigest()[:32],
    )


def read_site(folder: Path) -> StaticSite:
    """Read the built dashboard from a folder. Raises SettingError for a file of unknown type."""
    files = {}
    for path in sorted(folder.rglob("*")):
        key = path.relative_to(folder).as_posix()
        if path.is_file() and not any(part.startswith(".") for part in key.split("/")):
            files[key] = served_file(key, path.read_bytes())
    # The API has the same origin as the pages.
    files[CONFIG] = served_file(CONFIG, json.dumps({"api": ""}).encode())
    return StaticSite(files)


def site_key(raw_path: str) -> str | None:
    """Return the key of the file for a received path, by the same rule as the CDN.

    Returns None for a path that is neither a file's nor a page's.
    """
    if _FILE_PATH.fullmatch(raw_path):
        return unquote(raw_path[1:])
    page = raw_path.removesuffix("/") if len(raw_path) > 2 else raw_path
    return INDEX if page in PAGE_PATHS or API_PAGE_PATH.fullmatch(page) else None


class StaticSite:
    """WSGI application (PEP 3333) of the site. Requires `RAW_URI` in the environ."""

    def __init__(self, files: Mapping[str, ServedFile]) -> None:
        self.files = files

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Handle a request."""
        identity = environ[REQUEST_ID_KEY]
        fields = dict(dashboard_headers(identity, environ.get("wsgi.url_scheme") == "https"))
        try:
            status, headers, body = self._respond(environ)
        except Problem as problem:
            status = problem.status
            headers, body = render_problem(problem, identity)
            headers.append(("Content-Length", str(len(body))))
        fields.update(headers)
        start_response(f"{status} {reason_phrase(status)}", list(fields.items()))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _respond(self, environ: WSGIEnvironment) -> tuple[int, list[tuple[str, str]], bytes]:
        key = site_key(environ["RAW_URI"].partition("?")[0])
        file = self.files.get(key) if key is not None else None
        if file is None:
            raise Problem(
                "not_found",
                "The dashboard has no page or file at this path. See /api/docs for the paths of "
                "the API.",
            )
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            raise Problem(
                "method_not_allowed",
                "Pages support only GET and HEAD.",
                headers=(("Allow", "GET, HEAD"),),
            )
        gzipped = file.gzipped if accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")) else None
        tag = f'"{file.tag}"' if gzipped is None else f'"{file.tag}-gzip"'
        fields = [
            ("Cache-Control", file.cache_control),
            ("Content-Security-Policy", PAGE_POLICY),
            ("ETag", tag),
        ]
        if file.gzipped is not None:
            fields.append(("Vary", "Accept-Encoding"))
        if matches_tag(environ.get("HTTP_IF_NONE_MATCH", ""), tag):
            return 304, fields, b""
        body = file.body if gzipped is None else gzipped
        fields += [("Content-Type", file.content_type), ("Content-Length", str(len(body)))]
        if gzipped is not None:
            fields.append(("Content-Encoding", "gzip"))
        return 200, fields, body


def accepts_gzip(accept_encoding: str) -> bool:
    """Return whether an Accept-Encoding field accepts gzip (RFC 9110 12.5.3)."""
    accepted: dict[str, bool] = {}
    for part in accept_encoding.lower().split(","):
        coding, *parameters = (piece.strip() for piece in part.split(";"))
        refused = any(re.fullmatch(r"q\s*=\s*0(\.0*)?", parameter) for parameter in parameters)
        accepted[coding] = not refused
    return accepted.get("gzip", accepted.get("*", False))


def matches_tag(if_none_match: str, tag: str) -> bool:
    """Return whether an If-None-Match field contains the tag or `*` (RFC 9110 13.1.2)."""
    tags = [entry.strip().removeprefix("W/") for entry in if_none_match.split(",")]
    return tag in tags or tags == ["*"]
