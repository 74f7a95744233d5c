"""The CDN and one machine serve the pages in the same way."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from api.local.static_site import (
    CONFIG,
    INDEX,
    PAGE_PATHS,
    StaticSite,
    read_site,
    served_file,
    site_key,
)
from api.wsgi import REQUEST_ID_KEY
from infra import site_build
from infra.cdn import API_PATHS
from infra.node import find_node
from tests.infra.program import ROOT, Deployment

API_PAGES = [
    "/apis/openai",
    "/apis/openai/",
    "/apis/my_own-api-2",
    "/apis/7timer",
    f"/apis/{'a' * 48}",
]
PATHS = [
    *PAGE_PATHS, *(f"{page}/" for page in PAGE_PATHS), *API_PAGES,
    "/mcp", "/metrics", "/health", "/healthz",
    "/.well-known/security.txt", "/.well-known/oauth-authorization-server", "/.well-known/", "/sse",
    "/keys//", "/Keys", "/key", "/keysx", "/keys/x", "//keys", "/sign-in/x", "/graphql", "/apis",
    "/apis/", "/apis//", "/apis/OpenAI", "/apis/-x", "/apis/a.b", "/apis/a/b", "/apis/a%62",
    f"/apis/{'a' * 49}", "/apis/a\n", "/api/openai", "/apis/../x",
    "/", "/keys", "/keys/openai.x7Gd2", "/tokens/", "/sign-in", "/rate-limits", "/api", "/proxy",
    "/index.html", "/config.json", "/icon.svg", "/robots.txt", "/a.b.c", "/a/b.c", "/a.b/",
    "/assets", "/assets/", "/assets/x", "/assets/index-abc.js", "/assets/deep/face.woff2",
    "/assets/missing", "/Assets/x.js", "/assets.js", "/assetsx/y.js",
    "/..", "/...", "/.", "/./", "/.hidden", "/a.", "/.a.", "/../x.js", "/assets/..",
    "/assets/../index.html", "/assets/../../x", "/x/../assets/y.js", "/%2e%2e", "/%2e%2e/x.js",
    "/assets/%2e%2e/x.js", "/..%2fx.js", "/%2E%2E%5Cx.js", "/icon%2Esvg", "/%61ssets/x.js",
    "/%00", "/a%00.js", "/\x00", "/a\x00.js", "/assets/\x00", "/\\", "/\\..\\x.js", "/a\\b.c",
    "//", "//x.js", "///assets/x.js", "//assets/x.js", "/assets//x.js", "/x//y.js", "/a.js/",
    "/%0a.js", "/assets/%0d%0ax", "/é.svg", "/a b.js", "/a;b.js", "/a?b", "/@x.js:80", "/%",
]  # fmt: skip


@pytest.fixture(scope="module")
def pages() -> StaticSite:
    """One machine's pages, of the real site."""
    return read_site(site_build.build_folder())


def answer(pages: StaticSite, path: str = "/", scheme: str = "https") -> dict[str, str]:
    """The header fields of a page that was served, by name."""
    kept: dict[str, str] = {}

    def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
        assert status == "200 OK"
        kept.update(headers)

    environ = {
        "REQUEST_METHOD": "GET",
        "RAW_URI": path,
        "wsgi.url_scheme": scheme,
        REQUEST_ID_KEY: "0123456789abcdef",
    }
    pages(environ, start)
    return kept


def test_a_path_gives_the_same_file_on_both(first_stack: Deployment) -> None:
    code = first_stack.one("cloudfront/function:Function", "site-cdn-page-paths")["code"]
    calls = f"""{code}
    const paths = {json.dumps(PATHS)};
    console.log(JSON.stringify(paths.map((uri) => handler({{request: {{uri}}}}))));
    """
    done = subprocess.run(
        [*find_node().node, "-e", calls], capture_output=True, text=True, check=True
    )
    for path, result in zip(PATHS, json.loads(done.stdout), strict=True):
        key = site_key(path)
        if key is None:
            assert (result["statusCode"], json.loads(result["body"])["code"]) == (404, "not_found")
            assert result["headers"]["content-type"]["value"] == "application/problem+json"
        else:
            assert result["uri"] == (f"/{INDEX}" if key == INDEX else path), path
    assert {path for path in PATHS if site_key(path) == INDEX} == {
        *PAGE_PATHS, *(f"{page}/" for page in PAGE_PATHS if page != "/"), f"/{INDEX}", *API_PAGES,
    }  # fmt: skip


def test_the_pages_route_the_same_paths() -> None:
    source = (ROOT / "web" / "src" / "app.tsx").read_text()
    public = re.search(r"PUBLIC_PAGES = \[(.*?)\]", source)
    assert public is not None
    routes = re.findall(r'<Route path="([^"]+)"', source) + re.findall(r'"([^"]+)"', public[1])
    assert set(routes) == PAGE_PATHS | {"/apis/:api"}


def test_the_same_paths_are_the_api_s() -> None:
    entrance = (ROOT / "api" / "wsgi.py").read_text()
    for pattern in API_PATHS:
        assert f'startswith("{pattern.removesuffix("*")}")' in entrance


def test_files_have_the_same_types_and_cache_rules_on_both(pages: StaticSite) -> None:
    built = site_build.build_site()
    assert set(pages.files) == {file.key for file in built} | {CONFIG}
    for file in built:
        sent = pages.files[file.key]
        assert (sent.content_type, sent.cache_control) == (file.content_type, file.cache_control)
        assert sent.body == file.path.read_bytes()


def test_every_type_that_can_be_built_can_be_served(tmp_path: Path) -> None:
    for suffix in site_build.TYPES:
        (tmp_path / f"one{suffix}").write_bytes(b"")
    for file in site_build.site_files(tmp_path):
        assert served_file(file.key, b"").content_type == file.content_type


def test_s33_pages_carry_the_same_security_headers_on_both(
    pages: StaticSite, first_stack: Deployment
) -> None:
    served = answer(pages)
    about_the_file = {"Cache-Control", "Content-Length", "Content-Type", "ETag", "Vary"}
    assert page_policy(first_stack) == {
        name: value
        for name, value in served.items()
        if name not in about_the_file | {"X-Request-Id"}
    }
    assert "Strict-Transport-Security" not in answer(pages, scheme="http")


def page_policy(stack: Deployment) -> dict[str, str]:
    """Return the header fields that CloudFront adds to pages."""
    distribution = stack.one("cloudfront/distribution:Distribution")
    (policy,) = [
        policy.inputs
        for policy in stack.all("ResponseHeadersPolicy")
        if f"{policy.name}-id" == distribution["defaultCacheBehavior"]["responseHeadersPolicyId"]
    ]
    security = policy["securityHeadersConfig"]
    transport = security["strictTransportSecurity"]
    assert security["contentTypeOptions"] == {"override": True}
    assert transport["includeSubdomains"] is True and "preload" not in transport
    return {
        "Content-Security-Policy": security["contentSecurityPolicy"]["contentSecurityPolicy"],
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": security["frameOptions"]["frameOption"],
        "Referrer-Policy": security["referrerPolicy"]["referrerPolicy"],
        "Strict-Transport-Security": f"max-age={int(transport['accessControlMaxAgeSec'])}; "
        "includeSubDomains",
        **{one["header"]: one["value"] for one in policy["customHeadersConfig"]["items"]},
    }


def test_the_page_finds_its_configuration_in_the_same_form(
    pages: StaticSite, first_stack: Deployment
) -> None:
    (file,) = [f for f in first_stack.all("BucketObjectv2") if f.inputs["key"] == CONFIG]
    assert pages.files[CONFIG].body == file.inputs["content"].encode()
    assert pages.files[CONFIG].cache_control == file.inputs["cacheControl"]
    assert pages.files[CONFIG].content_type == file.inputs["contentType"]
