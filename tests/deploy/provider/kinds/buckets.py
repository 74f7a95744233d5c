"""S3 buckets and their settings. The id of a setting is the bucket's name."""

from __future__ import annotations

import json
import secrets
from typing import Any

from tests.deploy.provider.core import Kind, renamed
from tests.deploy.provider.values import Properties


class Bucket(Kind):
    """A bucket whose name is a prefix and a random suffix."""

    token = "aws:s3/bucket:Bucket"
    required = frozenset({"bucketPrefix"})
    optional = frozenset({"forceDestroy"})
    replaced_by = frozenset({"bucketPrefix"})

    def make(self, inputs: Properties) -> str:
        """Create the bucket in the provider's region."""
        name: str = inputs["bucketPrefix"] + secrets.token_hex(8)
        self.aws["s3"].create_bucket(
            Bucket=name, CreateBucketConfiguration={"LocationConstraint": self.aws.region}
        )
        return name

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the names in AWS's format."""
        self.aws["s3"].head_bucket(Bucket=identity)
        return {
            "arn": f"arn:aws:s3:::{identity}",
            "bucket": identity,
            "bucketDomainName": f"{identity}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{identity}.s3.{self.aws.region}.amazonaws.com",
        }

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Do nothing: only the provider uses `forceDestroy`."""

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the bucket, after its objects if that is allowed."""
        client = self.aws["s3"]
        if state.get("forceDestroy"):
            for page in client.get_paginator("list_object_versions").paginate(Bucket=identity):
                for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                    client.delete_object(
                        Bucket=identity, Key=item["Key"], VersionId=item["VersionId"]
                    )
        client.delete_bucket(Bucket=identity)


class _Setting(Kind):
    """A setting of a bucket that one call sets."""

    call: str
    argument: str

    def make(self, inputs: Properties) -> str:
        """Set the setting."""
        self.change(inputs["bucket"], {}, inputs)
        identity: str = inputs["bucket"]
        return identity

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return nothing: there are only inputs."""
        getattr(self.aws["s3"], f"get_{self.call}")(Bucket=identity)
        return {}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Replace the setting."""
        put = getattr(self.aws["s3"], f"put_{self.call}")
        put(Bucket=identity, **{self.argument: self.value(new)})

    def remove(self, identity: str, state: Properties) -> None:
        """Remove the setting."""
        getattr(self.aws["s3"], f"delete_{self.call}")(Bucket=identity)

    def value(self, inputs: Properties) -> Any:
        """Return the setting for boto."""
        return renamed({name: value for name, value in inputs.items() if name != "bucket"})


class PublicAccessBlock(_Setting):
    """The block of public access."""

    token = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    required = frozenset(
        {"bucket", "blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls"}
        | {"restrictPublicBuckets"}
    )
    replaced_by = frozenset({"bucket"})
    call, argument = "public_access_block", "PublicAccessBlockConfiguration"


class BucketPolicy(_Setting):
    """The bucket policy."""

    token = "aws:s3/bucketPolicy:BucketPolicy"
    required = frozenset({"bucket", "policy"})
    replaced_by = frozenset({"bucket"})
    call, argument = "bucket_policy", "Policy"

    def value(self, inputs: Properties) -> Any:
        """Return the policy without its TLS condition, because the emulator has no TLS."""
        document = json.loads(inputs["policy"])
        document["Statement"] = [
            statement
            for statement in document["Statement"]
            if "aws:SecureTransport" not in statement.get("Condition", {}).get("Bool", {})
        ]
        return json.dumps(document)


class OwnershipControls(_Setting):
    """The ownership of objects."""

    token = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    required = frozenset({"bucket", "rule"})
    replaced_by = frozenset({"bucket"})
    call, argument = "bucket_ownership_controls", "OwnershipControls"

    def value(self, inputs: Properties) -> Any:
        """Return a list of one, as boto requires."""
        return {"Rules": [renamed(inputs["rule"])]}


class Encryption(_Setting):
    """The encryption of objects."""

    token = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    required = frozenset({"bucket", "rules"})
    replaced_by = frozenset({"bucket"})
    call, argument = "bucket_encryption", "ServerSideEncryptionConfiguration"

    def value(self, inputs: Properties) -> Any:
        """Return the rules with boto's spelling of the algorithm."""
        return renamed(
            {"rules": inputs["rules"]},
            {"sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID"},
        )


class Website(_Setting):
    """The website configuration, which the emulator stores but does not serve."""

    token = "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration"
    required = frozenset({"bucket", "indexDocument"})
    optional = frozenset({"errorDocument"})
    replaced_by = frozenset({"bucket"})
    call, argument = "bucket_website", "WebsiteConfiguration"

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the website's host."""
        super().describe(identity, state)
        domain = f"s3-website.{self.aws.region}.amazonaws.com"
        return {"websiteDomain": domain, "websiteEndpoint": f"{identity}.{domain}"}


class Versioning(_Setting):
    """Whether former versions of objects are kept."""

    token = "aws:s3/bucketVersioning:BucketVersioning"
    required = frozenset({"bucket", "versioningConfiguration"})
    replaced_by = frozenset({"bucket"})
    call, argument = "bucket_versioning", "VersioningConfiguration"

    def remove(self, identity: str, state: Properties) -> None:
        """Keep no more versions: there is no call to remove the setting."""
        self.aws["s3"].put_bucket_versioning(
            Bucket=identity, VersioningConfiguration={"Status": "Suspended"}
        )

    def value(self, inputs: Properties) -> Any:
        """Return the status."""
        return {"Status": inputs["versioningConfiguration"]["status"]}


class Lifecycle(_Setting):
    """The rules that delete objects and versions."""

    token = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    required = frozenset({"bucket", "rules"})
    replaced_by = frozenset({"bucket"})
    call, argument = "bucket_lifecycle_configuration", "LifecycleConfiguration"

    def remove(self, identity: str, state: Properties) -> None:
        """Remove the rules."""
        self.aws["s3"].delete_bucket_lifecycle(Bucket=identity)

    def value(self, inputs: Properties) -> Any:
        """Return the rules with boto's spelling of the id."""
        return renamed({"rules": inputs["rules"]}, {"id": "ID"})
