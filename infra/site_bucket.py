"""The bucket with the dashboard's files."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.settings import SiteMode

PAGE = "index.html"


@dataclass
class SiteBucketArgs:
    """`base` is the prefix of the bucket's name. AWS appends a globally unique suffix."""

    base: str
    mode: SiteMode


class SiteBucket(pulumi.ComponentResource):
    """An encrypted bucket without access control lists. Public access is blocked, except what an S3
    website needs (S35). Call `allow_cdn` or `allow_everybody` once: they create its policy.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    regional_domain: pulumi.Output[str]
    website_url: pulumi.Output[str] | None

    def __init__(
        self, name: str, args: SiteBucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("api-dashboard:aws:SiteBucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        website = args.mode == "website"
        self._component_name = name
        bucket = aws.s3.Bucket(
            f"{name}-bucket",
            bucket_prefix=f"{args.base}-",
            # All files can be rebuilt from web/, so the bucket is deleted with the stack.
            force_destroy=True,
            opts=child,
        )
        self._closed = aws.s3.BucketPublicAccessBlock(
            f"{name}-public-access",
            bucket=bucket.id,
            block_public_acls=True,
            ignore_public_acls=True,
            block_public_policy=not website,
            restrict_public_buckets=not website,
            opts=child,
        )
        aws.s3.BucketOwnershipControls(
            f"{name}-ownership",
            bucket=bucket.id,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=child,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket.id,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                        sse_algorithm="AES256"
                    )
                )
            ],
            opts=child,
        )
        self.name = bucket.id
        self.arn = bucket.arn
        self.regional_domain = bucket.bucket_regional_domain_name
        self.website_url = self._website(bucket) if website else None
        self.register_outputs({"name": self.name, "arn": self.arn, "website_url": self.website_url})

    def _website(self, bucket: aws.s3.Bucket) -> pulumi.Output[str]:
        configuration = aws.s3.BucketWebsiteConfiguration(
            f"{self._component_name}-website",
            bucket=bucket.id,
            index_document=aws.s3.BucketWebsiteConfigurationIndexDocumentArgs(suffix=PAGE),
            # The paths of pages are not files; index.html handles them in the browser.
            error_document=aws.s3.BucketWebsiteConfigurationErrorDocumentArgs(key=PAGE),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return pulumi.Output.concat("http://", configuration.website_endpoint)

    def allow_cdn(self, distribution_arn: pulumi.Input[str]) -> aws.s3.BucketPolicy:
        """Allow only one CDN distribution to read, over TLS."""
        return self._policy(
            pulumi.Output.all(bucket=self.arn, distribution=distribution_arn).apply(
                lambda arns: _document(
                    _only_tls(arns["bucket"], exempt=None),
                    {
                        "Sid": "Cdn",
                        "Effect": "Allow",
                        "Principal": {"Service": "cloudfront.amazonaws.com"},
                        "Action": "s3:GetObject",
                        "Resource": f"{arns['bucket']}/*",
                        "Condition": {"StringEquals": {"AWS:SourceArn": arns["distribution"]}},
                    },
                )
            )
        )

    def allow_everybody(self) -> aws.s3.BucketPolicy:
        """Allow everyone to read the files, which a website serves without TLS."""
        return self._policy(
            self.arn.apply(
                lambda arn: _document(
                    _only_tls(arn, exempt="s3:GetObject"),
                    {
                        "Sid": "Website",
                        "Effect": "Allow",
                        "Principal": "*",
                        "Action": "s3:GetObject",
                        "Resource": f"{arn}/*",
                    },
                )
            )
        )

    def _policy(self, policy: pulumi.Output[str]) -> aws.s3.BucketPolicy:
        # S3 rejects a public policy until public access is unblocked.
        return aws.s3.BucketPolicy(
            f"{self._component_name}-policy",
            bucket=self.name,
            policy=policy,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._closed]),
        )


def _only_tls(arn: str, exempt: str | None) -> dict[str, object]:
    return {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        **({"NotAction": exempt} if exempt else {"Action": "s3:*"}),
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _document(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, sort_keys=True)
