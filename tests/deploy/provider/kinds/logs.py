"""Log groups, their metric filters, and the delivery of a service's log to one."""

from __future__ import annotations

from typing import Any

from tests.deploy.provider.core import Gone, Kind
from tests.deploy.provider.values import Properties


class LogGroup(Kind):
    """A log group with its retention."""

    token = "aws:cloudwatch/logGroup:LogGroup"
    required = frozenset({"name", "retentionInDays"})
    optional = frozenset({"region"})
    replaced_by = frozenset({"name", "region"})

    def make(self, inputs: Properties) -> str:
        """Create the group, which must not exist."""
        name: str = inputs["name"]
        self._client(inputs).create_log_group(logGroupName=name)
        return name

    def settle(self, identity: str, inputs: Properties) -> None:
        """Set the retention."""
        self._client(inputs).put_retention_policy(
            logGroupName=identity, retentionInDays=inputs["retentionInDays"]
        )

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the ARN without the final `:*`, as the real provider does."""
        self._client(state).describe_log_streams(logGroupName=identity, limit=1)
        return {"arn": self.aws.arn("logs", f"log-group:{identity}", state.get("region"))}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Do nothing: only the retention can change, which `settle` sets."""

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the group with its streams."""
        self._client(state).delete_log_group(logGroupName=identity)

    def _client(self, properties: Properties) -> Any:
        return self.aws.client("logs", properties.get("region"))


class MetricFilter(Kind):
    """A filter that counts the lines of a log group. Its id is its name."""

    token = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
    required = frozenset({"logGroupName", "metricTransformation", "name", "pattern"})
    replaced_by = frozenset({"logGroupName", "name"})

    def make(self, inputs: Properties) -> str:
        """Create the filter."""
        self.change(inputs["name"], {}, inputs)
        name: str = inputs["name"]
        return name

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return nothing: there are only inputs."""
        found = self.aws["logs"].describe_metric_filters(
            logGroupName=state["logGroupName"], filterNamePrefix=identity
        )
        if not found["metricFilters"]:
            raise Gone
        return {}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Write the whole filter."""
        names = {"name": "metricName", "namespace": "metricNamespace", "value": "metricValue"}
        made = {names[name]: value for name, value in new["metricTransformation"].items()}
        self.aws["logs"].put_metric_filter(
            logGroupName=new["logGroupName"],
            filterName=new["name"],
            filterPattern=new["pattern"],
            metricTransformations=[made],
        )

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the filter."""
        self.aws["logs"].delete_metric_filter(
            logGroupName=state["logGroupName"], filterName=identity
        )


class LogDeliverySource(Kind):
    """A resource whose log is delivered. The id is the name."""

    token = "aws:cloudwatch/logDeliverySource:LogDeliverySource"
    required = frozenset({"name", "logType", "resourceArn", "region"})
    replaced_by = required

    def make(self, inputs: Properties) -> str:
        """Create the source."""
        name: str = inputs["name"]
        self.aws.client("logs", inputs["region"]).put_delivery_source(
            name=name, logType=inputs["logType"], resourceArn=inputs["resourceArn"]
        )
        return name

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the ARN."""
        client = self.aws.client("logs", state["region"])
        return {"arn": client.get_delivery_source(name=identity)["deliverySource"]["arn"]}

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the source. AWS rejects this while it has deliveries."""
        self.aws.client("logs", state["region"]).delete_delivery_source(name=identity)


class LogDeliveryDestination(Kind):
    """The log group that gets a log, and its format. The id is the name."""

    token = "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination"
    required = frozenset({"name", "deliveryDestinationConfiguration", "outputFormat", "region"})
    replaced_by = required

    def make(self, inputs: Properties) -> str:
        """Create the destination."""
        name: str = inputs["name"]
        group = inputs["deliveryDestinationConfiguration"]["destinationResourceArn"]
        self.aws.client("logs", inputs["region"]).put_delivery_destination(
            name=name,
            outputFormat=inputs["outputFormat"],
            deliveryDestinationConfiguration={"destinationResourceArn": group},
        )
        return name

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the ARN."""
        client = self.aws.client("logs", state["region"])
        found = client.get_delivery_destination(name=identity)["deliveryDestination"]
        return {"arn": found["arn"]}

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the destination. AWS rejects this while it has deliveries."""
        self.aws.client("logs", state["region"]).delete_delivery_destination(name=identity)


class LogDelivery(Kind):
    """The delivery of some fields from a source to a destination."""

    token = "aws:cloudwatch/logDelivery:LogDelivery"
    required = frozenset({"deliverySourceName", "deliveryDestinationArn", "recordFields", "region"})
    replaced_by = required

    def make(self, inputs: Properties) -> str:
        """Create the delivery."""
        client = self.aws.client("logs", inputs["region"])
        members = {name: value for name, value in inputs.items() if name != "region"}
        identity: str = client.create_delivery(**members)["delivery"]["id"]
        return identity

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the ARN."""
        client = self.aws.client("logs", state["region"])
        return {"arn": client.get_delivery(id=identity)["delivery"]["arn"]}

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the delivery."""
        self.aws.client("logs", state["region"]).delete_delivery(id=identity)
