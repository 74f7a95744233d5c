"""Resources of a distribution: access to its bucket, response headers, functions."""

from __future__ import annotations

from typing import Any

from tests.deploy.provider.core import Kind, renamed
from tests.deploy.provider.values import Properties


class OriginAccessControl(Kind):
    """The signing of the CDN's requests to a bucket."""

    token = "aws:cloudfront/originAccessControl:OriginAccessControl"
    required = frozenset(
        {"name", "originAccessControlOriginType", "signingBehavior", "signingProtocol"}
    )
    moving = frozenset({"etag"})

    def make(self, inputs: Properties) -> str:
        """Create it."""
        answer = self.aws["cloudfront"].create_origin_access_control(
            OriginAccessControlConfig=renamed(inputs)
        )
        identity: str = answer["OriginAccessControl"]["Id"]
        return identity

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the entity tag that updates require."""
        answer = self.aws["cloudfront"].get_origin_access_control(Id=identity)
        return {"etag": answer["ETag"]}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Update the whole resource."""
        self.aws["cloudfront"].update_origin_access_control(
            Id=identity,
            IfMatch=self.describe(identity, new)["etag"],
            OriginAccessControlConfig=renamed(new),
        )

    def remove(self, identity: str, state: Properties) -> None:
        """Delete it. AWS rejects this while a distribution uses it."""
        etag = self.describe(identity, state)["etag"]
        self.aws["cloudfront"].delete_origin_access_control(Id=identity, IfMatch=etag)


class ResponseHeadersPolicy(Kind):
    """The header fields that the CDN adds to responses."""

    token = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"
    required = frozenset({"name"})
    optional = frozenset({"customHeadersConfig", "securityHeadersConfig"})
    moving = frozenset({"etag"})

    def make(self, inputs: Properties) -> str:
        """Create the policy."""
        answer = self.aws["cloudfront"].create_response_headers_policy(
            ResponseHeadersPolicyConfig=_headers(inputs)
        )
        identity: str = answer["ResponseHeadersPolicy"]["Id"]
        return identity

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the entity tag that updates require."""
        answer = self.aws["cloudfront"].get_response_headers_policy(Id=identity)
        return {"etag": answer["ETag"]}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Update the whole policy."""
        self.aws["cloudfront"].update_response_headers_policy(
            Id=identity,
            IfMatch=self.describe(identity, new)["etag"],
            ResponseHeadersPolicyConfig=_headers(new),
        )

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the policy. AWS rejects this while a distribution uses it."""
        etag = self.describe(identity, state)["etag"]
        self.aws["cloudfront"].delete_response_headers_policy(Id=identity, IfMatch=etag)


class EdgeFunction(Kind):
    """A CloudFront Function. Its id is its name."""

    token = "aws:cloudfront/function:Function"
    required = frozenset({"name", "runtime", "code", "publish"})
    replaced_by = frozenset({"name"})
    moving = frozenset({"etag"})

    def make(self, inputs: Properties) -> str:
        """Create the function."""
        name: str = inputs["name"]
        self.aws["cloudfront"].create_function(Name=name, **_code(inputs))
        return name

    def settle(self, identity: str, inputs: Properties) -> None:
        """Publish the code."""
        if inputs["publish"]:
            etag = self.describe(identity, inputs)["etag"]
            self.aws["cloudfront"].publish_function(Name=identity, IfMatch=etag)

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return ARN and entity tag."""
        answer = self.aws["cloudfront"].describe_function(Name=identity, Stage="DEVELOPMENT")
        summary = answer["FunctionSummary"]
        return {"arn": summary["FunctionMetadata"]["FunctionARN"], "etag": answer["ETag"]}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Update the code."""
        etag = self.describe(identity, new)["etag"]
        self.aws["cloudfront"].update_function(Name=identity, IfMatch=etag, **_code(new))

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the function. AWS rejects this while a distribution uses it."""
        etag = self.describe(identity, state)["etag"]
        self.aws["cloudfront"].delete_function(Name=identity, IfMatch=etag)


def _code(inputs: Properties) -> dict[str, Any]:
    return {
        "FunctionCode": inputs["code"].encode(),
        "FunctionConfig": {"Comment": "", "Runtime": inputs["runtime"]},
    }


def _headers(inputs: Properties) -> Properties:
    policy: Properties = renamed(inputs)
    if "CustomHeadersConfig" in policy:
        items = policy["CustomHeadersConfig"]["Items"]
        policy["CustomHeadersConfig"] = {"Quantity": len(items), "Items": items}
    return policy
