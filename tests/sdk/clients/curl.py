"""curl, which is not a provider's SDK, with the token in the same place."""

from __future__ import annotations

import json
import subprocess
import tempfile

from tests.sdk.clients.completion import ASKED, words
from tests.sdk.content import FILE
from tests.sdk.setup import Setup


class Curl:
    """curl, with `-u` as in Stripe's documentation, and with a header."""

    @staticmethod
    def _run(*arguments: str, user: str | None = None, token: str | None = None) -> str:
        # The token is in a file, so that it is not in the process list.
        config = f'user = "{user}"' if user else f'header = "Authorization: Bearer {token}"'
        answer = subprocess.run(
            ["curl", "-q", "-sS", "-K", "-", *arguments],
            input=config.encode(),
            capture_output=True,
            check=False,
        )
        if answer.returncode:
            raise CurlFailed(answer.returncode, answer.stdout.decode())
        return answer.stdout.decode()

    def call(self, setup: Setup) -> object:
        answer = self._run(
            f"{setup.others['stripe']}/v1/customers",
            "-d", "email=ada@example.com",
            "--data-urlencode", "name=Ada Lövelace",
            user=f"{setup.token}:",
        )  # fmt: skip
        made = json.loads(answer)
        return [made["object"], made["email"], made["name"]]

    def retried(self, setup: Setup) -> object:
        answer = self._run("--retry", "2", f"{setup.others['openai']}/v1/models", token=setup.token)
        # The output begins with the bodies of the rejected attempts.
        return json.loads(answer[answer.rindex('{"object": "list"') :])["data"][0]["id"]

    def stream(self, setup: Setup) -> object:
        answer = self._run(
            "-N", f"{setup.others['openai']}/v1/chat/completions",
            "--json", json.dumps({**ASKED, "stream": True}),
            token=setup.token,
        )  # fmt: skip
        return words(answer.splitlines())

    def upload(self, setup: Setup) -> object:
        return self._upload(setup, FILE)

    def expect(self, setup: Setup) -> object:
        """For 1 MB and more, curl sends `Expect: 100-continue`."""
        return self._upload(setup, FILE * 10)

    def chunked(self, setup: Setup) -> object:
        return self._upload(setup, FILE, "-H", "Transfer-Encoding: chunked")

    def _upload(self, setup: Setup, content: bytes, *arguments: str) -> object:
        with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
            file.write(content)
            file.flush()
            answer = self._run(
                f"{setup.others['openai']}/v1/files",
                *arguments,
                "-F", "purpose=fine-tune",
                "-F", f"file=@{file.name}",
                token=setup.token,
            )  # fmt: skip
        return json.loads(answer)["bytes"]

    def follow(self, setup: Setup) -> object:
        url = f"{setup.others['github']}/repos/octocat/old-name"
        moved = json.loads(self._run("-L", url, token=setup.token))
        listed = json.loads(self._run(moved["url"], token=setup.token))
        return [moved["full_name"], listed["owner"]["login"]]

    def error(self, setup: Setup) -> object:
        return self._raised(f"{setup.others['stripe']}/v1/customers/cus_none", setup)

    def refused(self, setup: Setup) -> object:
        return self._raised(f"{setup.others['stripe']}/v1/customers", setup)

    def _raised(self, url: str, setup: Setup) -> object:
        try:
            self._run("--fail-with-body", "-w", "\n%{http_code}", url, user=f"{setup.token}:")
        except CurlFailed as problem:
            # 22: status 400 or higher.
            return [f"exit {problem.code}", int(problem.output.rpartition("\n")[2])]
        return None


class CurlFailed(Exception):
    """curl exited with a code other than 0."""

    def __init__(self, code: int, output: str) -> None:
        super().__init__(f"curl ended with {code}: {output[:300]}")
        self.code = code
        self.output = output


_client = Curl()
FEATURES = {
    "call": _client.call,
    "stream": _client.stream,
    "upload": _client.upload,
    "expect": _client.expect,
    "chunked": _client.chunked,
    "follow": _client.follow,
    "retry_429": _client.retried,
    "retry_5xx": _client.retried,
    "error": _client.error,
    "limit": _client.refused,
    "revoked": _client.refused,
}
