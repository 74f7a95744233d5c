"""The CDN: deployed, enabled, with the domain, and with all files that the page needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from api.operations.aws.session import error_code, explained
from api.operations.diagnosis.finding import Finding, unchecked
from api.operations.diagnosis.installation import Installation
from api.operations.errors import OperationError

_CHECK = "cdn"
_UP = "Run pulumi up --refresh."
_ASSET = re.compile(rb'(?:src|href)="/([^":?#]+\.(?:js|css))"')


def cdn_findings(installation: Installation) -> list[Finding]:
    """Return findings about the distribution and the files. Raises OperationError."""
    domain = installation.outputs.get("CDN_DOMAIN")
    if not domain:
        return []
    distribution = find_distribution(installation)
    findings = (
        [Finding(_CHECK, "failed", f"There is no distribution {domain}.", _UP)]
        if distribution is None
        else distribution_findings(distribution, str(installation.outputs["DASHBOARD_URL"]))
    )
    try:
        findings += _files(installation, str(installation.outputs["S3_BUCKET"]))
    except OperationError as error:
        findings.append(unchecked("files", error))
    return findings


def find_distribution(installation: Installation) -> Mapping[str, Any] | None:
    """Return the stack's distribution, None if there is none. Raises OperationError."""
    domain = installation.outputs.get("CDN_DOMAIN")
    with explained("Reading the distributions of the CDN"):
        for page in installation.aws("cloudfront").get_paginator("list_distributions").paginate():
            for each in page["DistributionList"].get("Items", ()):
                if each["DomainName"] == domain:
                    found: Mapping[str, Any] = each
                    return found
    return None


def distribution_findings(distribution: Mapping[str, Any], url: str) -> list[Finding]:
    """Return what is wrong with a distribution that serves `url`, or that nothing is."""
    findings = []
    name, host = distribution["DomainName"], urlsplit(url).hostname
    if not distribution.get("Enabled", True):
        findings.append(Finding(_CHECK, "failed", f"The distribution {name} is disabled.", _UP))
    if distribution.get("Status") != "Deployed":
        findings.append(
            Finding(
                _CHECK,
                "warning",
                f"The distribution {name} is being deployed.",
                "Wait some minutes and try again.",
            )
        )
    aliases = distribution.get("Aliases", {}).get("Items", ())
    if host != name and host not in aliases:
        findings.append(
            Finding(_CHECK, "failed", f"The distribution {name} does not serve {host}.", _UP)
        )
    return findings or [Finding(_CHECK, "ok", f"The distribution {name} is deployed.")]


def _files(installation: Installation, bucket: str) -> list[Finding]:
    s3 = installation.aws("s3")
    with explained(f"Reading the page in the bucket {bucket}"):
        page = s3.get_object(Bucket=bucket, Key="index.html")["Body"].read()
    missing = []
    for asset in sorted({match.decode() for match in _ASSET.findall(page)}):
        try:
            with explained(f"Reading {asset} in the bucket {bucket}"):
                s3.head_object(Bucket=bucket, Key=asset)
        except OperationError as error:
            cause = error.__cause__
            if cause is None or error_code(cause) not in ("404", "NoSuchKey"):
                raise
            missing.append(asset)
    if missing:
        return [Finding("files", "failed", f"The bucket lacks {', '.join(missing)}.", _UP)]
    return [Finding("files", "ok", "The bucket has the page and the files that it loads.")]
