"""requests, which is not a provider's SDK, with the token in the same place."""

from __future__ import annotations

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from tests.sdk.clients.completion import ASKED, words
from tests.sdk.content import FILE
from tests.sdk.setup import Setup


class Requests:
    """requests.Session, with urllib3's retries for cells about retries."""

    @staticmethod
    def _session(setup: Setup) -> requests.Session:
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {setup.token}"
        return session

    def call(self, setup: Setup) -> object:
        with self._session(setup) as session:
            answer = session.get(f"{setup.others['github']}/user")
            answer.raise_for_status()
            return answer.json()["login"]

    def retried(self, setup: Setup) -> object:
        with self._session(setup) as session:
            retry = Retry(2, backoff_factor=0.1, status_forcelist=[403, 429, 502])
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(max_retries=retry))
            answer = session.get(f"{setup.others['github']}/user")
            answer.raise_for_status()
            return answer.json()["login"]

    def stream(self, setup: Setup) -> object:
        url = f"{setup.others['openai']}/v1/chat/completions"
        with self._session(setup) as session, session.post(
            url, json={**ASKED, "stream": True}, stream=True
        ) as answer:  # fmt: skip
            return words([line.decode() for line in answer.iter_lines()])

    def upload(self, setup: Setup) -> object:
        with self._session(setup) as session:
            answer = session.post(
                f"{setup.others['openai']}/v1/files",
                data={"purpose": "fine-tune"},
                files={"file": ("data.jsonl", FILE)},
            )
            answer.raise_for_status()
            return answer.json()["bytes"]

    def pages(self, setup: Setup) -> object:
        names: list[str] = []
        url: str | None = f"{setup.others['github']}/user/repos?per_page=2"
        with self._session(setup) as session:
            while url:
                answer = session.get(url)
                answer.raise_for_status()
                names += [repository["name"] for repository in answer.json()]
                url = answer.links.get("next", {}).get("url")
        return names

    def follow(self, setup: Setup) -> object:
        with self._session(setup) as session:
            moved = session.get(f"{setup.others['github']}/repos/octocat/old-name").json()
            listed = session.get(moved["url"]).json()
            return [moved["full_name"], listed["owner"]["login"]]

    def error(self, setup: Setup) -> object:
        return self._raised(setup, "/repos/octocat/none")

    def refused(self, setup: Setup) -> object:
        return self._raised(setup, "/user")

    def _raised(self, setup: Setup, path: str) -> object:
        with self._session(setup) as session:
            try:
                session.get(f"{setup.others['github']}{path}").raise_for_status()
            except requests.HTTPError as problem:
                return [type(problem).__name__, problem.response.status_code]
        return None


_client = Requests()
FEATURES = {
    "call": _client.call,
    "stream": _client.stream,
    "upload": _client.upload,
    "pages": _client.pages,
    "follow": _client.follow,
    "retry_429": _client.retried,
    "retry_5xx": _client.retried,
    "error": _client.error,
    "limit": _client.refused,
    "revoked": _client.refused,
}
