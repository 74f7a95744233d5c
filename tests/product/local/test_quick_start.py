"""The README's calls with curl work as described, with a new data folder."""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.accounts import Account
from tests.support.machine import ROOT, Machine, until
from tests.support.upstream import Answer, Place, Upstream

SEPARATOR = "-- the next block --"


@pytest.fixture
def machine(tmp_path: Path, upstream_server: Upstream) -> Iterator[Machine]:
    made = Machine(tmp_path, API_DASHBOARD_ALLOWED_UPSTREAMS=f"127.0.0.1:{upstream_server.port}")
    made.start()
    yield made
    made.stop()


def curl_blocks() -> list[str]:
    """Return the shell blocks of the README's section on the API."""
    section = (ROOT / "README.md").read_text().partition("\n## Use the API\n")[2]
    return re.findall(r"^```sh\n(.*?)^```$", section.partition("\n## ")[0], re.M | re.S)


def test_s18_the_first_start_generates_secrets_that_only_its_user_can_read(
    machine: Machine,
) -> None:
    file = machine.data / "secrets.env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(machine.data.stat().st_mode) == 0o700
    made = dict(line.split("=", 1) for line in file.read_text().splitlines())
    assert set(made) == {"JWT_SECRET_KEY", "FERNET_KEYS"}
    # The server accepts connections a moment before the address is printed.
    until(lambda: "\n" in machine.output)
    assert machine.output.startswith(f"API Dashboard listens on http://127.0.0.1:{machine.port}\n")
    for secret in made.values():
        assert secret not in machine.output + machine.errors


def test_the_calls_with_curl_of_the_readme_work(
    machine: Machine, upstream_server: Upstream, tmp_path: Path
) -> None:
    place: Place = upstream_server.place(secrets.token_hex(6))
    place.answer(
        Answer(
            headers=[
                ("Content-Type", "application/json"),
                ("x-ratelimit-limit-requests", "100"),
                ("x-ratelimit-remaining-requests", "99"),
                ("x-ratelimit-reset-requests", "1m0s"),
            ],
            body=b'{"object":"list","data":[]}',
        )
    )
    blocks = curl_blocks()
    script = "\n".join(f"{block}\nprintf '\\n%s\\n' '{SEPARATOR}'" for block in blocks)
    assert script.count('"provider": "openai"') == 1
    script = script.replace(
        '"provider": "openai"', f'"provider": "openai", "base_url": "{place.url}"'
    ).replace("http://127.0.0.1:8420", machine.client.url)
    done = subprocess.run(
        ["sh", "-eu", "-c", script],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "no_proxy": "*"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    sign_up, keys, token, proxied, views, revoked, _ = [
        [json.loads(line) for line in documents(said)] for said in done.stdout.split(SEPARATOR)
    ]
    assert [answer["username"] for answer in sign_up] == ["ada"]
    assert [(key["api_name"], key["hint"]) for key in keys] == [
        ("openai", "…-key"),
        ("github", "…oken"),
    ]
    assert token == []
    assert proxied == [{"object": "list", "data": []}]
    assert place.last.get("Authorization") == "Bearer sk-your-real-openai-key"
    log, limits, stats, spend = views
    assert [(entry["path"], entry["status"]) for entry in log["items"]] == [("/v1/models", 200)]
    assert [(limit["limit"], limit["remaining"]) for limit in limits["items"]] == [(100, 99)]
    assert stats["totals"]["requests"] == 1
    assert [api["api_name"] for api in spend["apis"]] == ["openai"]
    assert [answer["code"] for answer in revoked] == ["authentication_required"]
    assert len(place.received) == 1


def documents(text: str) -> list[str]:
    """Return the JSON documents in curl's output, which have no line ends between them."""
    decoder = json.JSONDecoder()
    found = []
    text = text.strip()
    while text:
        _, end = decoder.raw_decode(text)
        found.append(text[:end])
        text = text[end:].strip()
    return found


def test_all_data_is_there_after_a_restart(machine: Machine, upstream_server: Upstream) -> None:
    place = upstream_server.place(secrets.token_hex(6))
    account = Account(machine.client)
    account.key(place, secret="sk-real-0123456789")
    token = account.token()
    before = (machine.data / "secrets.env").read_bytes()

    assert machine.stop() == 0
    assert machine.holders() == []
    machine.start()

    assert (machine.data / "secrets.env").read_bytes() == before
    assert account.proxied(token).status == 200
    assert account.call("GET", "/api/me").status == 200
    assert place.last.get("Authorization") == "Bearer sk-real-0123456789"
