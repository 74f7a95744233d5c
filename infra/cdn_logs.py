"""The CDN's access log in CloudWatch Logs."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

# CloudFront delivers its logs from there, for stacks of every region:
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging.html
REGION = "us-east-1"
# No path, query string, cookie, referrer or other field of the request (S37): some APIs take a
# token in the path. The pattern of the cache behavior shows which part of the site was called.
RECORD_FIELDS = (
    "timestamp(ms)", "x-edge-request-id", "x-edge-location", "c-ip", "cs-method", "cs-protocol",
    "cs-protocol-version", "cache-behavior-path-pattern", "sc-status", "sc-bytes", "cs-bytes",
    "time-taken", "time-to-first-byte", "origin-fbl", "x-edge-result-type",
    "x-edge-detailed-result-type", "ssl-protocol",
)  # fmt: skip


@dataclass
class CdnLogsArgs:
    """`base` is the prefix of all names."""

    base: str
    distribution_arn: pulumi.Input[str]
    log_retention_days: int


class CdnLogs(pulumi.ComponentResource):
    """A log group in us-east-1, to which the CDN delivers an entry for each request."""

    log_group: pulumi.Output[str]

    def __init__(
        self, name: str, args: CdnLogsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("api-dashboard:aws:CdnLogs", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        group = aws.cloudwatch.LogGroup(
            f"{name}-group",
            name=f"/aws/vendedlogs/{args.base}/cdn",
            retention_in_days=args.log_retention_days,
            region=REGION,
            opts=child,
        )
        source = aws.cloudwatch.LogDeliverySource(
            f"{name}-source",
            name=f"{args.base}-cdn",
            log_type="ACCESS_LOGS",
            resource_arn=args.distribution_arn,
            region=REGION,
            opts=child,
        )
        destination = aws.cloudwatch.LogDeliveryDestination(
            f"{name}-destination",
            name=f"{args.base}-cdn",
            output_format="json",
            delivery_destination_configuration=aws.cloudwatch.LogDeliveryDestinationDeliveryDestinationConfigurationArgs(
                destination_resource_arn=group.arn
            ),
            region=REGION,
            opts=child,
        )
        aws.cloudwatch.LogDelivery(
            f"{name}-delivery",
            delivery_source_name=source.name,
            delivery_destination_arn=destination.arn,
            record_fields=list(RECORD_FIELDS),
            region=REGION,
            opts=child,
        )
        self.log_group = group.name
        self.register_outputs({"log_group": self.log_group})
