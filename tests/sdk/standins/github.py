"""GitHub, with the examples of its published OpenAPI description: its own URLs in every body,
`Link` for the next page, redirects of renamed repositories, gzip.

Sources: tests/sdk/published/github.json; https://docs.github.com/en/rest/using-the-rest-api
(pagination, rate limits, best practices, troubleshooting).
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote

from tests.sdk.content import FILE
from tests.sdk.standins.base import Fields, Standin, published
from tests.support.upstream import Answer, Received

SECRET = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
PUBLISHED = published("github")
REPOSITORIES = [f"repository-{number}" for number in range(5)]
JSON = ("Content-Type", "application/json; charset=utf-8")
LIMITS = [
    ("X-GitHub-Request-Id", "E5CE:3D:1"),
    ("X-RateLimit-Limit", "5000"),
    ("X-RateLimit-Remaining", "4999"),
    ("X-RateLimit-Reset", "4070908800"),
    ("X-RateLimit-Used", "1"),
    ("X-RateLimit-Resource", "core"),
]


class GitHub(Standin):
    """api.github.com, and uploads.github.com for release assets."""

    slug = "github"
    secret = SECRET
    results: ClassVar[Mapping[str, object]] = {
        "call": "octocat",
        "upload": len(FILE),
        "pages": REPOSITORIES,
        "follow": ["octocat/Hello-World", "octocat"],
    }

    def knows(self, received: Received) -> bool:
        scheme, _, token = (received.get("Authorization") or "").partition(" ")
        return scheme.lower() in ("bearer", "token") and token == SECRET

    def refusal(self) -> Answer:
        return self._error(401, "Bad credentials")

    def limited(self, seconds: int) -> Answer:
        message = "You have exceeded a secondary rate limit. Please wait a few minutes."
        return self._error(403, message, [("Retry-After", str(seconds))])

    def broken(self) -> Answer:
        return self._error(502, "Server Error")

    def answer(self, received: Received) -> Answer:
        path, _, query = received.target.partition("?")
        path = unquote(path)
        call = (received.method, path)
        if call == ("GET", "/user"):
            return self._json(PUBLISHED["GET /user"], received)
        if call == ("GET", "/user/repos"):
            return self._repositories(received, parse_qs(query))
        if received.method == "GET" and path in (
            "/repos/octocat/Hello-World",
            "/repositories/1296269",
        ):
            return self._json(PUBLISHED["GET /repos/{owner}/{repo}"], received)
        if call == ("GET", "/repos/octocat/old-name"):
            location = ("Location", f"{self.url}/repositories/1296269")
            message = {"message": "Moved Permanently", "url": location[1]}
            return self._json(message, received, 301, [location])
        if call == ("PUT", "/repos/octocat/Hello-World/contents/notes/hello.txt"):
            return self._created(received)
        if call == ("POST", "/repos/octocat/Hello-World/releases/1/assets"):
            asset = PUBLISHED["POST /repos/{owner}/{repo}/releases/{release_id}/assets"]
            size = {"size": len(received.body), "name": parse_qs(query)["name"][0]}
            return self._json({**asset, **size}, received, 201)
        return self._error(404, "Not Found")

    def _repositories(self, received: Received, query: dict[str, list[str]]) -> Answer:
        """Return a page of two of five repositories."""
        number = int(query.get("page", ["1"])[0])
        page = REPOSITORIES[(number - 1) * 2 : number * 2]
        like = PUBLISHED["GET /user/repos"]
        links = []
        for relation, target in (("next", number + 1), ("last", 3), ("prev", number - 1)):
            if 1 <= target <= 3 and not (relation == "last" and number == 3):
                links.append(f'<{self.url}/user/repos?per_page=2&page={target}>; rel="{relation}"')
        body = [{**like, "name": name, "full_name": f"octocat/{name}"} for name in page]
        return self._json(body, received, headers=[("Link", ", ".join(links))])

    def _created(self, received: Received) -> Answer:
        content = base64.b64decode(json.loads(received.body)["content"])
        body = json.loads(json.dumps(PUBLISHED["PUT /repos/{owner}/{repo}/contents/{path}"]))
        body["content"]["size"] = len(content)
        return self._json(body, received, 201)

    def _json(
        self, body: Any, received: Received, status: int = 200, headers: Fields | None = None
    ) -> Answer:
        """Return a body with this server's URLs, compressed if the caller accepts gzip."""
        text = json.dumps(body).replace("https://api.github.com", self.url).encode()
        fields = [JSON, *LIMITS, *(headers or []), ("Vary", "Accept-Encoding")]
        if "gzip" in (received.get("Accept-Encoding") or ""):
            return Answer(status, [*fields, ("Content-Encoding", "gzip")], gzip.compress(text))
        return Answer(status, fields, text)

    def _error(self, status: int, message: str, headers: Fields | None = None) -> Answer:
        body = {
            "message": message,
            "documentation_url": "https://docs.github.com/rest",
            "status": str(status),
        }
        return Answer(status, [JSON, *LIMITS, *(headers or [])], json.dumps(body).encode())
