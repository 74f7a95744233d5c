"""Findings about a stack or a table on AWS: what AWS says about it, and how it responds."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from typing import TYPE_CHECKING

from api.cli.doctor.server import server_findings
from api.cli.errors import CliError
from api.cli.http import open_http
from api.cli.operations.running import open_chosen
from api.errors import SettingError, StartError
from api.operations.diagnosis.finding import Finding, split_message
from api.operations.errors import OperationError

if TYPE_CHECKING:
    from api.cli.transport import Transport
    from api.operations.places.choose import PlaceOptions

Open = Callable[[str], "Transport"]


def place_findings(
    options: PlaceOptions, *, preview: bool, open_url: Open | None = None
) -> list[Finding]:
    """Return all findings about the place that the options name. `open_url` is for tests."""
    from api.operations.diagnosis.diagnose import diagnose
    from api.operations.diagnosis.installation import Installation
    from api.operations.places.table import TablePlace

    try:
        place = open_chosen(options)
    except (CliError, OperationError, SettingError, StartError) as error:
        return [split_message("stack", "failed", str(error))]
    assert isinstance(place, TablePlace)
    installation = Installation(place)
    findings = diagnose(installation, preview=preview)
    return [*findings, *url_findings(installation.outputs, open_url or _open)]


def url_findings(outputs: dict[str, object], open_url: Open) -> list[Finding]:
    """Return how the addresses of a stack respond, without a finding for what it does not have."""
    findings: list[Finding] = []
    if url := outputs.get("DASHBOARD_URL"):
        # A website on S3 has the pages only.
        served = url if outputs.get("CDN_DOMAIN") else outputs["API_GATEWAY_URL"]
        findings += [
            finding
            for finding in server_findings(open_url(str(served)), str(served), None)
            if finding.check != "pages" or outputs.get("CDN_DOMAIN")
        ]
    if url := outputs.get("PROXY_URL"):
        findings.append(_proxy(open_url(str(url)), str(url)))
    return findings


def _open(url: str) -> Transport:
    return open_http(url, None)


def _proxy(transport: Transport, url: str) -> Finding:
    """Return whether the streaming function responds. A call without a token is refused by it."""
    advice = "Run pulumi up --refresh, which restores the URL and its permissions."
    try:
        response = transport.request("GET", "/proxy/")
    except (OSError, http.client.HTTPException):
        return Finding("proxy", "failed", f"{url} does not respond.", advice)
    kind = response.headers.get("content-type", "")
    if kind.startswith("application/problem+json") and response.status < 500:
        return Finding("proxy", "ok", f"{url} responds.")
    return Finding(
        "proxy",
        "failed",
        f"{url} returned status {response.status}, not from the streaming function."
        if not kind.startswith("application/problem+json")
        else f"The streaming function returned status {response.status}.",
        advice,
    )
