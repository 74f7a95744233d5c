"""CloudFront distributions, with the features of the emulator."""

from __future__ import annotations

import re
import secrets
from typing import Any

from tests.deploy.provider.aws import ACCOUNT
from tests.deploy.provider.core import Kind, renamed
from tests.deploy.provider.values import Properties

_API = re.compile(r"([0-9a-z]+)\.execute-api\.")
_SPELLINGS = {
    "originId": "Id",
    "httpPort": "HTTPPort",
    "httpsPort": "HTTPSPort",
    "functionArn": "FunctionARN",
    "isIpv6Enabled": "IsIPV6Enabled",
    "acmCertificateArn": "ACMCertificateArn",
    "sslSupportMethod": "SSLSupportMethod",
    "cloudfrontDefaultCertificate": "CloudFrontDefaultCertificate",
}


class Distribution(Kind):
    """A distribution. Its host has AWS's format, and the emulator recognizes its first label."""

    token = "aws:cloudfront/distribution:Distribution"
    required = frozenset(
        {"enabled", "origins", "defaultCacheBehavior", "restrictions", "viewerCertificate"}
    )
    optional = frozenset(
        {
            "aliases",
            "comment",
            "defaultRootObject",
            "httpVersion",
            "isIpv6Enabled",
            "orderedCacheBehaviors",
            "priceClass",
        }
    )

    moving = frozenset({"etag"})

    def make(self, inputs: Properties) -> str:
        """Create the distribution."""
        answer = self.aws["cloudfront"].create_distribution(
            DistributionConfig=self._config(inputs, secrets.token_hex(16))
        )
        identity: str = answer["Distribution"]["Id"]
        return identity

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return host, ARN and the entity tag that updates require."""
        answer = self.aws["cloudfront"].get_distribution(Id=identity)
        distribution = answer["Distribution"]
        return {
            "arn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/{identity}",
            "callerReference": distribution["DistributionConfig"]["CallerReference"],
            "domainName": distribution["DomainName"],
            "etag": answer["ETag"],
            "hostedZoneId": "Z2FDTNDATAQYW2",
            "status": distribution["Status"],
        }

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Update the whole distribution."""
        now = self.describe(identity, new)
        self.aws["cloudfront"].update_distribution(
            Id=identity,
            IfMatch=now["etag"],
            DistributionConfig=self._config(new, now["callerReference"]),
        )

    def remove(self, identity: str, state: Properties) -> None:
        """Disable the distribution, then delete it, as AWS requires."""
        self.change(identity, state, {**state, "enabled": False})
        etag = self.describe(identity, state)["etag"]
        self.aws["cloudfront"].delete_distribution(Id=identity, IfMatch=etag)

    def _config(self, inputs: Properties, reference: str) -> Properties:
        simple = {
            name: inputs[name]
            for name in ("enabled", "httpVersion", "isIpv6Enabled", "priceClass")
            if name in inputs
        }
        location = inputs["restrictions"]["geoRestriction"]
        return {
            **renamed(simple, _SPELLINGS),
            "CallerReference": reference,
            "Comment": inputs.get("comment", ""),
            "DefaultRootObject": inputs.get("defaultRootObject", ""),
            "Aliases": _counted(inputs.get("aliases", [])),
            "Origins": _counted([self._origin(origin) for origin in inputs["origins"]]),
            "DefaultCacheBehavior": _behaviour(inputs["defaultCacheBehavior"]),
            "CacheBehaviors": _counted(
                [_behaviour(one) for one in inputs.get("orderedCacheBehaviors", [])]
            ),
            "Restrictions": {
                "GeoRestriction": {
                    "RestrictionType": location["restrictionType"],
                    **_counted(location.get("locations", [])),
                }
            },
            "ViewerCertificate": renamed(inputs["viewerCertificate"], _SPELLINGS),
        }

    def _origin(self, origin: Properties) -> Properties:
        plain = {name: value for name, value in origin.items() if name != "customHeaders"}
        added = [
            {"HeaderName": header["name"], "HeaderValue": header["value"]}
            for header in origin.get("customHeaders", [])
        ]
        made: Properties = {**renamed(plain, _SPELLINGS), "CustomHeaders": _counted(added)}
        if "CustomOriginConfig" not in made:
            return {**made, "S3OriginConfig": {"OriginAccessIdentity": ""}}
        custom = made["CustomOriginConfig"]
        protocols = custom.pop("OriginSslProtocols")
        if ".lambda-url." in origin["domainName"]:
            # The emulated CDN knows the hosts of function URLs.
            return {
                **made,
                "CustomOriginConfig": {**custom, "OriginSslProtocols": _counted(protocols)},
            }
        api = _API.match(origin["domainName"])
        if api is None:
            raise ValueError(f"the rehearsal has no origin {origin['domainName']}")
        # The emulated CDN calls no AWS host: it reaches the API by its path on this machine.
        return {
            **made,
            "DomainName": "localhost",
            "OriginPath": f"/_aws/execute-api/{api[1]}{origin.get('originPath', '')}",
            "CustomOriginConfig": {
                **custom,
                "HTTPPort": self.aws.port,
                "OriginProtocolPolicy": "http-only",
                "OriginSslProtocols": _counted(protocols),
            },
        }


def _behaviour(behaviour: Properties) -> Properties:
    made: Properties = renamed(behaviour, _SPELLINGS)
    cached = _counted(made.pop("CachedMethods"))
    return {
        **made,
        "AllowedMethods": {**_counted(made["AllowedMethods"]), "CachedMethods": cached},
        "FunctionAssociations": _counted(made.get("FunctionAssociations", [])),
        # The emulator has no TLS for clients.
        "ViewerProtocolPolicy": "allow-all",
    }


def _counted(items: list[Any]) -> dict[str, Any]:
    return {"Quantity": len(items), "Items": items}
