"""The certificate of the stack's own domain."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from api.operations.aws.session import explained
from api.operations.diagnosis.cdn import find_distribution
from api.operations.diagnosis.finding import Finding
from api.operations.diagnosis.installation import Installation

_CHECK = "certificate"
# CloudFront takes certificates from there only.
_REGION = "us-east-1"
# ACM renews 60 days before the end, and tries until then:
# https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html
_NOTICE_DAYS = 45


def acm_findings(installation: Installation) -> list[Finding]:
    """Return findings about the certificate of a domain, none without one of its own."""
    if not installation.outputs.get("CDN_DOMAIN"):
        return []
    distribution = find_distribution(installation)
    arn = (distribution or {}).get("ViewerCertificate", {}).get("ACMCertificateArn")
    if not arn:
        return []
    with explained("Reading the certificate of the domain"):
        found = installation.aws("acm", _REGION).describe_certificate(CertificateArn=arn)
    return acm_certificate_findings(found["Certificate"], datetime.datetime.now(datetime.UTC))


def acm_certificate_findings(
    certificate: Mapping[str, Any], now: datetime.datetime
) -> list[Finding]:
    """Return what is wrong with a certificate of ACM, or how long it is valid."""
    domain, status = certificate["DomainName"], certificate["Status"]
    findings = []
    unproved = [
        _record(option)
        for option in (
            *certificate.get("DomainValidationOptions", ()),
            *certificate.get("RenewalSummary", {}).get("DomainValidationOptions", ()),
        )
        if option.get("ValidationStatus", "SUCCESS") != "SUCCESS"
    ]
    if status != "ISSUED":
        findings.append(
            Finding(
                _CHECK,
                "failed",
                f"The certificate of {domain} is {status}.",
                f"Create the DNS record {unproved[0]}, and wait some minutes."
                if unproved
                else "Request a new one: remove certificateArn or run pulumi up --refresh.",
            )
        )
        return findings
    days = (certificate["NotAfter"] - now).days if "NotAfter" in certificate else None
    if unproved:
        findings.append(
            Finding(
                _CHECK,
                "failed" if days is not None and days < _NOTICE_DAYS else "warning",
                f"AWS cannot renew the certificate of {domain}: it does not find the DNS record.",
                f"Create the DNS record {unproved[0]}.",
            )
        )
    if days is not None and days < 0:
        findings.append(
            Finding(_CHECK, "failed", f"The certificate of {domain} has expired.", "Replace it.")
        )
    elif days is not None and days < _NOTICE_DAYS:
        findings.append(
            Finding(
                _CHECK,
                "warning",
                f"The certificate of {domain} expires in {days} days.",
                "Check its renewal in ACM (us-east-1): the DNS record must exist."
                if certificate.get("Type") != "IMPORTED"
                else "Import a new one: AWS does not renew it.",
            )
        )
    elif certificate.get("Type") == "IMPORTED":
        findings.append(
            Finding(
                _CHECK,
                "warning",
                f"The certificate of {domain} is imported, so AWS does not renew it.",
                f"Import a new one within {days} days.",
            )
        )
    if findings:
        return findings
    renews = ", and AWS renews it" if certificate.get("RenewalEligibility") == "ELIGIBLE" else ""
    left = "" if days is None else f" for {days} days"
    return [Finding(_CHECK, "ok", f"The certificate of {domain} is valid{left}{renews}.")]


def _record(option: Mapping[str, Any]) -> str:
    record = option.get("ResourceRecord")
    if not record:
        return f"that proves {option.get('DomainName')} (see ACM)"
    return f"{record['Name']} {record['Type']} {record['Value']}"
