"""Check what the AWS account allows, before any resource is created."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.settings import SiteMode


def refuse_blocked_website(mode: SiteMode) -> None:
    """Raise pulumi.RunError if the site is a website and the account blocks public buckets."""
    if mode != "website":
        return
    try:
        block = aws.s3.get_account_public_access_block()
    except Exception:
        # The provider fails if the account has no block, which is the usual case. Any other problem
        # shows when the bucket is created.
        return
    if block.block_public_policy or block.restrict_public_buckets:
        raise pulumi.RunError(
            "siteMode must be cdn in this account: a website needs a public bucket, and the "
            "account blocks them (S3, Block Public Access settings for this account)."
        )


def find_hosted_zone(name: str) -> str:
    """Return the id of the public Route 53 zone with this name. Raises pulumi.RunError."""
    try:
        return str(aws.route53.get_zone(name=name, private_zone=False).zone_id)
    except Exception as error:
        reason = " ".join(str(error).split())
        raise pulumi.RunError(
            f"hostedZone must be the name of a public Route 53 zone of this account. AWS did not "
            f"return {name} (aws route53 list-hosted-zones shows all): {reason}"
        ) from None
