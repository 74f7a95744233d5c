"""The dashboard's pages on one machine: files by path, and their header fields."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.errors import SettingError
from api.local.static_site import PAGE_POLICY, accepts_gzip, matches_tag, read_site
from tests.support.accounts import problem
from tests.support.clients import HttpClient, Response
from tests.support.machine import Machine

PAGE = b"<!doctype html><title>The page</title>" + b"<p>It has something to pack.</p>" * 20
SCRIPT = b"console.log('one');\n" * 50
SITE = {
    "index.html": PAGE,
    "icon.svg": b"<svg/>",
    "robots.txt": b"User-agent: *\n",
    "assets/app-1a2b.js": SCRIPT,
    "assets/app-3c4d.css": b"body { margin: 0 }\n" * 50,
    "assets/deep/face.woff2": b"wOF2",
    ".hidden": b"not for anybody",
    "config.json": b'{"api": "https://elsewhere.example"}',
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a built site."""
    folder = tmp_path_factory.mktemp("site")
    for key, content in SITE.items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(content)
    (folder.parent / "outside.txt").write_text("outside of the site")
    return folder


@pytest.fixture(scope="module")
def client(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpClient]:
    """A client of the product with this site."""
    machine = Machine(
        tmp_path_factory.mktemp("machine"),
        API_DASHBOARD_PAGES=str(site),
        API_DASHBOARD_WORKERS="1",
    )
    machine.start()
    yield machine.client
    machine.stop()


def get(client: HttpClient, path: str, **fields: str) -> Response:
    """Send a GET with header fields, with `_` for `-`."""
    named = [(name.replace("_", "-"), value) for name, value in fields.items()]
    return client.request("GET", path, named)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/keys",
        "/tokens/",
        "/sign-in?next=/keys",
        "/?next=/keys",
        "/index.html",
    ],
)
def test_the_path_of_a_page_returns_the_page(client: HttpClient, path: str) -> None:
    answer = get(client, path)
    assert (answer.status, answer.body) == (200, PAGE)
    assert answer.get("content-type") == "text/html; charset=utf-8"
    assert answer.get("cache-control") == "no-cache"


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/assets/app-1a2b.js", "text/javascript; charset=utf-8"),
        ("/assets/app-3c4d.css", "text/css; charset=utf-8"),
        ("/assets/deep/face.woff2", "font/woff2"),
        ("/assets/app%2D1a2b.js?x=1", "text/javascript; charset=utf-8"),
    ],
)
def test_files_named_by_content_are_cached_forever(
    client: HttpClient, path: str, content_type: str
) -> None:
    answer = get(client, path)
    assert (answer.status, answer.get("content-type")) == (200, content_type)
    assert answer.get("cache-control") == "public, max-age=31536000, immutable"


def test_files_in_the_root_are_revalidated(client: HttpClient) -> None:
    answer = get(client, "/icon.svg")
    assert (answer.body, answer.get("content-type")) == (b"<svg/>", "image/svg+xml")
    assert answer.get("cache-control") == "no-cache"


def test_the_configuration_names_the_same_origin_for_the_api(client: HttpClient) -> None:
    answer = get(client, "/config.json")
    assert answer.json == {"api": ""}
    assert answer.get("content-type") == "application/json"


@pytest.mark.parametrize("path", [
    "/mcp", "/metrics", "/health", "/.well-known/security.txt", "/.well-known/openid-configuration",
    "/api", "/proxy", "/apis", "/assets/", "//keys", "/keys/openai.x7", "/keys//", "/Keys", "/sse",
    "/..", "/%2e%2e", "/../../outside", "/%2e%2e/%2e%2e/etc/passwd", "/.hidden",
    "//outside", "/x//y", "/%00", "/a%0d%0ab", "/favicon.ico",
    "/assets/gone.js", "/gone.png", "/\\..\\outside", "/assets/../index.html",
    "/assets/..%2f.hidden",
    "/assets/../../outside.txt", "/assets/%2e%2e/%2e%2e/outside.txt", "/assets/..\\..\\outside.txt",
    "/..%5coutside.txt", "/..%2foutside.txt", "/assets/app-1a2b.js%00", "/a%00.txt",
    "/assets//app-1a2b.js", "/assets/app-1a2b.js/", "/assets/%ff%fe.js",
    "/assets/C:/outside.txt", "/%e2%82%ac.svg", "/assets/%252e%252e/index.html",
])  # fmt: skip
def test_a_missing_file_is_a_problem_document(client: HttpClient, path: str) -> None:
    answer = get(client, path)
    problem(answer, 404, "not_found")
    assert answer.get("cache-control") == "no-store"
    assert answer.get("etag") is None


@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
def test_a_path_without_a_page_is_404_with_every_method(client: HttpClient, method: str) -> None:
    problem(client.request(method, "/mcp", body=b"{}"), 404, "not_found")


def test_the_api_and_the_proxy_are_not_hidden_by_pages(client: HttpClient) -> None:
    assert get(client, "/api/status").json["status"] == "ok"
    problem(get(client, "/api/nothing"), 404, "not_found")
    problem(get(client, "/proxy/openai/v1/models"), 401, "authentication_required")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
def test_pages_allow_only_get_and_head(client: HttpClient, method: str) -> None:
    answer = client.request(method, "/keys", body=b"x=1")
    problem(answer, 405, "method_not_allowed")
    assert answer.get("allow") == "GET, HEAD"


@pytest.mark.parametrize("path", ["/", "/assets/app-1a2b.js", "/assets/gone.js"])
def test_head_returns_the_fields_of_get_without_the_body(client: HttpClient, path: str) -> None:
    head, whole = client.request("HEAD", path), get(client, path)
    changing = ("date", "x-request-id", "connection")

    def fields(answer: Response) -> list[tuple[str, str]]:
        return sorted(f for f in answer.headers if f[0].lower() not in changing)

    assert head.body == b""
    assert head.status == whole.status
    assert fields(head) == fields(whole)


def test_a_client_that_accepts_gzip_gets_gzip(client: HttpClient) -> None:
    answer = get(client, "/assets/app-1a2b.js", Accept_Encoding="br, gzip;q=0.8")
    assert answer.get("content-encoding") == "gzip"
    assert int(answer.get("content-length") or 0) == len(answer.body) < len(SCRIPT)
    assert gzip.decompress(answer.body) == SCRIPT
    for whole in (get(client, "/assets/app-1a2b.js"), get(client, "/", Accept_Encoding="br")):
        assert whole.get("content-encoding") is None
        assert whole.get("vary") == answer.get("vary") == "Accept-Encoding"


def test_a_file_that_gzip_does_not_shrink_is_sent_uncompressed(client: HttpClient) -> None:
    answer = get(client, "/icon.svg", Accept_Encoding="gzip")
    assert (answer.body, answer.get("content-encoding")) == (b"<svg/>", None)
    assert answer.get("vary") is None


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [("gzip", True), ("GZip", True), ("deflate, gzip;q=1.0, *;q=0.5", True), ("*", True),
     ("*;q=0.1", True), ("", False), ("br", False), ("gzip;q=0", False), ("gzip; q=0.000", False),
     ("gzip;q=0, *", False), ("*;q=0", False), ("identity", False), ("xgzip", False)],
)  # fmt: skip
def test_accept_encoding_decides_whether_gzip_is_used(accepted: str, taken: bool) -> None:
    assert accepts_gzip(accepted) is taken


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_an_unchanged_file_is_not_sent_again(client: HttpClient, encoding: str) -> None:
    first = get(client, "/keys", Accept_Encoding=encoding)
    tag = first.get("etag") or ""
    assert tag.startswith('"') and tag.endswith('"')
    again = get(client, "/keys", Accept_Encoding=encoding, If_None_Match=f'"other", W/{tag}')
    assert (again.status, again.body, again.get("content-length")) == (304, b"", None)
    for name in ("etag", "cache-control", "vary", "content-security-policy"):
        assert again.get(name) == first.get(name)
    assert get(client, "/keys", Accept_Encoding=encoding, If_None_Match='"other"').status == 200


def test_the_gzip_form_has_its_own_tag(client: HttpClient) -> None:
    packed = get(client, "/", Accept_Encoding="gzip").get("etag") or ""
    assert get(client, "/", If_None_Match=packed).status == 200
    assert get(client, "/").get("etag") != packed


@pytest.mark.parametrize(
    ("listed", "found"),
    [('"a"', True), ('W/"a"', True), ('"b","a"', True), ("*", True), ("", False), ('"b"', False),
     ("a", False), ('"a', False)],
)  # fmt: skip
def test_tags_are_compared_as_text(listed: str, found: bool) -> None:
    assert matches_tag(listed, '"a"') is found


def test_s33_every_file_has_the_security_headers(client: HttpClient) -> None:
    for path in ("/", "/assets/app-1a2b.js", "/config.json"):
        answer = get(client, path)
        assert answer.get("content-security-policy") == PAGE_POLICY
        assert answer.get("x-content-type-options") == "nosniff"
        assert answer.get("x-frame-options") == "DENY"
        assert answer.get("cross-origin-resource-policy") == "same-origin"
        assert answer.get("x-request-id")
        # Over plain HTTP it has no effect, and loopback uses plain HTTP.
        assert answer.get("strict-transport-security") is None


def test_a_file_of_unknown_type_is_refused_at_start(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_bytes(PAGE)
    (tmp_path / "odd.xyz").write_bytes(b"")
    with pytest.raises(SettingError, match=r"API_DASHBOARD_PAGES .* unknown type: odd\.xyz"):
        read_site(tmp_path)
