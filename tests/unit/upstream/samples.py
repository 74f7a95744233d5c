"""Base URLs and paths that several tests use."""

from __future__ import annotations

from api.upstream.base_url import (
    BaseUrl,
    parse_base_url,
)

NOTHING_ALLOWED = frozenset[str]()
LONGEST_NAME = ".".join(["a" * 63] * 3 + ["b" * 57, "com"])


def base_url(text: str = "https://api.example.com/v1") -> BaseUrl:
    return parse_base_url(text, NOTHING_ALLOWED)


LEGITIMATE_PATHS = [
    "",
    "/",
    "//",
    "/a",
    "/a/",
    "/a//b",
    "//a//",
    "/chat/completions",
    "/files/a%2Fb",
    "/files/a%2fb",
    "/files/a%252Fb",
    "/a%3Fb%23c",
    "/%C3%A9/%c3%a9",
    "/%E2%80%A6",
    "/a%20b+c",
    "/a;b=c;d/e",
    "/a:b/@c/d@e",
    "/-_.~!$&'()*+,;=:@",
    "/a[0]",
    "/v1.0/x.json",
    "/.well-known/openid",
    "/...",
    "/a..b/..c/d..",
    "/a.",
    "/%2e%2ewell",
    "/a%2e",
    "/file%2Etxt",
    "/100%",
    "/100%25",
    "/a%25b",
    "/%zz",
    "/a%5Cb",
    "/a%3Bb",
    "/x%7F",
    "/http://evil.example/",
    "/https:%2F%2Fevil.example",
]
HOSTILE_PATHS = [
    "//evil.example/",
    "///evil.example",
    "/@evil.example/",
    "/:80@evil.example",
    "/https://evil.example/",
    "//user:secret@evil.example:8443/x",
    "/\\evil.example/",
    "/%5cevil.example",
    "//[::1]/",
    "/%40evil.example",
    "/;@evil.example",
    "/ HTTP/1.1 Host: evil.example",
]
