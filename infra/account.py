"""What the account must allow, asked before any resource is touched."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.settings import SiteMode


def refuse_blocked_website(mode: SiteMode) -> None:
    """A website needs a public bucket. Raises pulumi.RunError where the account forbids them."""
    if mode != "website":
        return
    try:
        block = aws.s3.get_account_public_access_block()
    except Exception:
        # The provider fails where the account has no block at all, which is the usual case; what
        # else may be wrong will show when the bucket is made.
        return
    if block.block_public_policy or block.restrict_public_buckets:
        raise pulumi.RunError(
            "siteMode must be cdn in this account, which blocks public buckets (S3, Block Public "
            "Access settings for this account): a website needs one."
        )
