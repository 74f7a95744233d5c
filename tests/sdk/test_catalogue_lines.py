"""The catalogue's lines for SDKs, each run with the real SDK through the real product: the call
arrives at the upstream with the key in its place, and the token does not.
"""

from __future__ import annotations

import base64

import pytest

from api.services.keys.provider import Provider
from tests.sdk.lines import CALLS, CATALOGUE, LANGUAGES, LINES, SECRET, Line, Lines
from tests.support.upstream import Received


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_the_lines_of_an_sdk_call_the_api_through_the_proxy(lines: Lines, line: Line) -> None:
    received, error = lines.run(line)
    assert received, error
    requests = [f"{one.method} {_path(one, line.provider.slug)}" for one in received]
    assert line.request in requests, error
    for one in received:
        assert _has_credential(one, line.provider)
        assert "apd_" not in f"{one.target}{one.headers}{one.body!r}"


def test_evidence_says_run_exactly_for_the_lines_that_these_tests_run() -> None:
    run = {
        (sdk.language, provider.slug, sdk.package)
        for provider in CATALOGUE.all()
        for sdk in provider.sdks
        if sdk.evidence == "run"
    }
    assert run == {
        (language, slug, package) for language in LANGUAGES for slug, package in CALLS[language]
    }
    assert len(LINES) == len(run)


def _path(received: Received, slug: str) -> str:
    return received.target.partition("?")[0].removeprefix(f"/{slug}").replace(SECRET, "{token}")


def _has_credential(received: Received, provider: Provider) -> bool:
    """Return whether the request has the key where the catalogue says, and nowhere else."""
    auth = provider.auth
    fields = {name.lower(): value for name, value in received.headers}
    if auth.scheme in ("query", "path"):
        return received.target.count(SECRET) == 1 and SECRET not in str(fields)
    if auth.scheme == "basic":
        pair = f"{auth.username or 'user'}:{SECRET}".encode()
        wanted = ("authorization", f"Basic {base64.b64encode(pair).decode()}")
    elif auth.scheme == "bearer" or _is_bearer(received, provider):
        wanted = ("authorization", f"Bearer {SECRET}")
    else:
        wanted = ((auth.name or "").lower(), f"{auth.prefix or ''}{SECRET}")
    name, value = wanted
    return fields.pop(name, None) == value and SECRET not in received.target + str(fields)


def _is_bearer(received: Received, provider: Provider) -> bool:
    """Return whether the API expects a Bearer token below the request's path."""
    return any(
        received.target.startswith(f"/{provider.slug}{location.removeprefix('bearer:')}")
        for location in provider.credential_locations
        if location.startswith("bearer:")
    )
