"""httpx, which is not a provider's SDK, with the token in the same place."""

from __future__ import annotations

import httpx

from tests.sdk.clients.completion import ASKED, words
from tests.sdk.content import FILE
from tests.sdk.setup import Setup


class Httpx:
    """httpx.Client with a base URL and a header."""

    @staticmethod
    def _github(setup: Setup) -> httpx.Client:
        return httpx.Client(headers={"Authorization": f"Bearer {setup.token}"})

    def call(self, setup: Setup) -> object:
        with self._github(setup) as client:
            return client.get(f"{setup.others['github']}/user").raise_for_status().json()["login"]

    def stream(self, setup: Setup) -> object:
        url = f"{setup.others['openai']}/v1/chat/completions"
        with self._github(setup) as client, client.stream(
            "POST", url, json={**ASKED, "stream": True}
        ) as answer:  # fmt: skip
            return words(list(answer.iter_lines()))

    def upload(self, setup: Setup) -> object:
        with self._github(setup) as client:
            answer = client.post(
                f"{setup.others['openai']}/v1/files",
                data={"purpose": "fine-tune"},
                files={"file": ("data.jsonl", FILE)},
            )
            return answer.raise_for_status().json()["bytes"]

    def pages(self, setup: Setup) -> object:
        names: list[str] = []
        url: str | None = f"{setup.others['github']}/user/repos?per_page=2"
        with self._github(setup) as client:
            while url:
                answer = client.get(url).raise_for_status()
                names += [repository["name"] for repository in answer.json()]
                url = answer.links.get("next", {}).get("url")
        return names

    def follow(self, setup: Setup) -> object:
        with self._github(setup) as client:
            url = f"{setup.others['github']}/repos/octocat/old-name"
            moved = client.get(url, follow_redirects=True).raise_for_status().json()
            listed = client.get(moved["url"]).raise_for_status().json()
            return [moved["full_name"], listed["owner"]["login"]]

    def error(self, setup: Setup) -> object:
        return self._raised(setup, "/repos/octocat/none")

    def refused(self, setup: Setup) -> object:
        return self._raised(setup, "/user")

    def _raised(self, setup: Setup, path: str) -> object:
        with self._github(setup) as client:
            try:
                client.get(f"{setup.others['github']}{path}").raise_for_status()
            except httpx.HTTPStatusError as problem:
                return [type(problem).__name__, problem.response.status_code]
        return None


_client = Httpx()
FEATURES = {
    "call": _client.call,
    "stream": _client.stream,
    "upload": _client.upload,
    "pages": _client.pages,
    "follow": _client.follow,
    "error": _client.error,
    "limit": _client.refused,
    "revoked": _client.refused,
}
