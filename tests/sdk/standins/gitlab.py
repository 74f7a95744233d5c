"""GitLab: URLs of its own in bodies, `Link` for the next page, uploads as forms.

Sources: https://docs.gitlab.com/api/rest, /api/rest/#pagination, /api/rest/troubleshooting,
/api/projects, /api/project_markdown_uploads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode

from tests.sdk.content import FILE
from tests.sdk.standins.base import Fields, Standin, form_field, json_answer
from tests.support.upstream import Answer, Received

PROJECTS = [f"project-{number}" for number in range(5)]
LIMITS = [
    ("RateLimit-Limit", "2000"),
    ("RateLimit-Observed", "1"),
    ("RateLimit-Remaining", "1999"),
    ("RateLimit-Reset", "4070908800"),
]


class GitLab(Standin):
    """gitlab.com."""

    slug = "gitlab"
    secret = "glpat-0123456789abcdefghij"
    results: ClassVar[Mapping[str, object]] = {
        "call": "ada",
        "pages": PROJECTS,
        "upload": len(FILE),
        "follow": PROJECTS[0],
    }

    def refusal(self) -> Answer:
        return json_answer({"message": "401 Unauthorized"}, 401, LIMITS)

    def limited(self, seconds: int) -> Answer:
        body = b"Retry later\n"
        fields = [("Content-Type", "text/plain"), ("Retry-After", str(seconds)), *LIMITS]
        return Answer(429, fields, body)

    def broken(self) -> Answer:
        return Answer(502, [("Content-Type", "text/html")], b"<h1>502</h1>")

    def answer(self, received: Received) -> Answer:
        path, _, query = received.target.partition("?")
        call = (received.method, path)
        if call == ("GET", "/api/v4/user"):
            return json_answer({"id": 1, "username": "ada", "name": "Ada Lövelace"}, headers=LIMITS)
        if call == ("GET", "/api/v4/projects"):
            return self._projects(parse_qs(query))
        if call == ("GET", "/api/v4/projects/1"):
            return json_answer(self._project(PROJECTS[0]), headers=LIMITS)
        if call == ("POST", "/api/v4/projects/1/uploads"):
            size = len(form_field(received, "file"))
            body = {
                "id": 5,
                "alt": str(size),
                "url": f"/uploads/{'0' * 32}/data.bin",
                "full_path": f"/-/project/1/uploads/{'0' * 32}/data.bin",
                "markdown": f"[{size}](/uploads/{'0' * 32}/data.bin)",
            }
            return json_answer(body, 201, LIMITS)
        return json_answer({"message": "404 Project Not Found"}, 404, LIMITS)

    def _project(self, name: str) -> dict[str, Any]:
        number = PROJECTS.index(name) + 1
        return {
            "id": number,
            "name": name,
            "path_with_namespace": f"ada/{name}",
            "web_url": f"{self.url}/ada/{name}",
            "_links": {"self": f"{self.url}/api/v4/projects/{number}"},
        }

    def _projects(self, query: dict[str, list[str]]) -> Answer:
        """Return a page of two of five projects."""
        number = int(query.get("page", ["1"])[0])
        fields: Fields = [
            ("X-Page", str(number)),
            ("X-Per-Page", "2"),
            ("X-Total", "5"),
            ("X-Total-Pages", "3"),
            ("X-Next-Page", str(number + 1) if number < 3 else ""),
        ]
        links = []
        for relation, page in (
            ("prev", number - 1),
            ("next", number + 1),
            ("first", 1),
            ("last", 3),
        ):
            if 1 <= page <= 3:
                asked = urlencode(
                    {**{name: values[0] for name, values in query.items()}, "page": page}
                )
                links.append(f'<{self.url}/api/v4/projects?{asked}>; rel="{relation}"')
        names = PROJECTS[(number - 1) * 2 : number * 2]
        fields.append(("Link", ", ".join(links)))
        return json_answer([self._project(name) for name in names], headers=[*LIMITS, *fields])
