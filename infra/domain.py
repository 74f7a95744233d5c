"""A domain of your own whose zone is in Route 53: its certificate and its DNS records."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

# CloudFront takes certificates from there only, for stacks of every region:
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html
REGION = "us-east-1"
_TTL = 300  # seconds
# AWS usually needs less than five minutes. It waits in vain if the zone is not the domain's.
_PATIENCE = "30m"


@dataclass
class DomainCertificateArgs:
    """`zone_id` is the Route 53 zone that `domain` is in."""

    domain: str
    zone_id: str


class DomainCertificate(pulumi.ComponentResource):
    """A certificate for a domain, and the record that proves that the domain is yours. AWS renews
    the certificate as long as the record exists.

    `arn` is known once the certificate is valid.
    """

    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: DomainCertificateArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("api-dashboard:aws:DomainCertificate", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        certificate = aws.acm.Certificate(
            f"{name}-certificate",
            domain_name=args.domain,
            validation_method="DNS",
            region=REGION,
            opts=child,
        )
        proof = certificate.domain_validation_options[0]
        record = aws.route53.Record(
            f"{name}-validation-record",
            zone_id=args.zone_id,
            name=proof.resource_record_name,
            type=proof.resource_record_type,
            records=[proof.resource_record_value],
            ttl=_TTL,
            # All certificates that an account requests for a domain have the same record.
            allow_overwrite=True,
            opts=child,
        )
        validation = aws.acm.CertificateValidation(
            f"{name}-validation",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn],
            region=REGION,
            opts=pulumi.ResourceOptions(
                parent=self, custom_timeouts=pulumi.CustomTimeouts(create=_PATIENCE)
            ),
        )
        self.arn = validation.certificate_arn
        self.register_outputs({"arn": self.arn})


@dataclass
class DomainRecordsArgs:
    """The CDN's own host name, and the zone that CloudFront has for its names."""

    domain: str
    zone_id: str
    cdn_domain: pulumi.Input[str]
    cdn_zone_id: pulumi.Input[str]


class DomainRecords(pulumi.ComponentResource):
    """Alias records that point a domain to the CDN, for IPv4 and IPv6. Queries of them are free."""

    def __init__(
        self, name: str, args: DomainRecordsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("api-dashboard:aws:DomainRecords", name, None, opts)
        for kind in ("A", "AAAA"):
            aws.route53.Record(
                f"{name}-{kind.lower()}",
                zone_id=args.zone_id,
                name=args.domain,
                type=kind,
                aliases=[
                    aws.route53.RecordAliasArgs(
                        name=args.cdn_domain,
                        zone_id=args.cdn_zone_id,
                        evaluate_target_health=False,
                    )
                ],
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
