"""The page at /api/docs, and the facts that docs/api.md states."""

from __future__ import annotations

import html
import re
from pathlib import Path

from api.aws_lambda.parameters import within_streaming_limits
from api.aws_lambda.runtime_api import LONGEST
from api.aws_lambda.streaming import RESERVE
from api.endpoint import BODY_LIMIT
from api.openapi.proxied import PATH
from api.schemas.fields import DEFAULT_PAGE_LIMIT
from api.services.accounts import throttling
from api.services.accounts.claims import ACCESS_SECONDS, REFRESH_SECONDS
from api.settings import read_settings
from tests.support.clients import Client
from tests.support.openapi import DOCUMENT, operations

ROOT = Path(__file__).resolve().parents[3]


def test_the_docs_state_the_limits_of_the_code() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    settings = read_settings({})
    deployed = within_streaming_limits(settings)
    longest = f"{int((LONGEST - RESERVE) // 60)} minutes"
    for stated in (
        f"{throttling.PER_ACCOUNT_AND_SOURCE} for an account from one source, "
        f"{throttling.PER_SOURCE} from one source",
        f"{throttling.SIGN_UPS_PER_SOURCE} from one source; "
        f"{throttling.INVITES_PER_SOURCE} with a wrong invite code",
        f"{BODY_LIMIT // 1024} KiB; 2.5 MB",
        f"{settings.max_request_bytes // 2**20} MiB (`API_DASHBOARD_MAX_REQUEST_BYTES`) "
        f"| {deployed.max_request_bytes // 2**20} MB; ",
        f"| no limit | {(deployed.max_response_bytes or 0) // 2**20} MB |",
        f"{settings.connect_timeout:g} s (`API_DASHBOARD_CONNECT_TIMEOUT`) "
        f"| {deployed.connect_timeout:g} s |",
        f"{settings.send_timeout:g} s (`API_DASHBOARD_SEND_TIMEOUT`) | {longest} in all |",
        f"{settings.first_byte_timeout:g} s (`API_DASHBOARD_FIRST_BYTE_TIMEOUT`) "
        f"| 120 s behind the CDN; at `PROXY_URL` {longest} in all |",
        f"{settings.idle_timeout:g} s (`API_DASHBOARD_IDLE_TIMEOUT`) | the same |",
        f"{settings.stream_timeout / 3600:g} hour (`API_DASHBOARD_STREAM_TIMEOUT`) "
        f"| {longest} in all |",
        f"{settings.max_calls_per_api:,} to one API of a user "
        f"(`API_DASHBOARD_MAX_CALLS_PER_API`), {settings.max_calls_per_token:,} of one token",
        f"{settings.request_log_days} days (`API_DASHBOARD_REQUEST_LOG_DAYS`)",
        f"{ACCESS_SECONDS // 60} minutes",
        f"{REFRESH_SECONDS // 86_400} days from its last use",
    ):
        assert stated in text


def test_the_page_and_the_docs_state_the_paging_of_the_document(client: Client) -> None:
    schema = DOCUMENT["components"]["parameters"]["PageLimit"]["schema"]
    stated = f"({schema['minimum']} to {schema['maximum']}, {DEFAULT_PAGE_LIMIT} by default)"
    assert stated in (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert stated in client.request("GET", "/api/docs").body.decode()


def test_the_page_has_an_anchor_for_every_endpoint_and_no_broken_link(client: Client) -> None:
    page = client.request("GET", "/api/docs").body.decode()
    anchors = re.findall(r' id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(anchors)
    for _, path, operation in operations():
        if path != PATH:
            assert operation["operationId"] in anchors


def test_the_command_of_a_call_has_the_credential_that_it_accepts(client: Client) -> None:
    page = html.unescape(client.request("GET", "/api/docs").body.decode())
    for call, variable in (("/api/token", "TOKEN"), ("/api/tokens", "ACCESS")):
        assert f'curl "$API{call}" \\\n  -H "Authorization: Bearer ${variable}"' in page


def test_s33_the_page_runs_no_script_and_loads_nothing_from_elsewhere(client: Client) -> None:
    answer = client.request("GET", "/api/docs")
    assert (answer.get("content-type") or "").startswith("text/html")
    policy = answer.get("content-security-policy") or ""
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    page = answer.body.decode()
    assert "<script" not in page
    assert " style=" not in page
    assert not re.search(r'(?:src|href)="(?!#|/api/|data:,")', page)
    style = client.request("GET", "/api/docs.css")
    assert (style.get("content-type") or "").startswith("text/css")
    assert "prefers-color-scheme: dark" in style.body.decode()
    assert "url(" not in style.body.decode()
