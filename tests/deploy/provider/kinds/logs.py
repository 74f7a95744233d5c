"""Log groups."""

from __future__ import annotations

from tests.deploy.provider.core import Kind
from tests.deploy.provider.values import Properties


class LogGroup(Kind):
    """A log group with its retention."""

    token = "aws:cloudwatch/logGroup:LogGroup"
    required = frozenset({"name", "retentionInDays"})
    replaced_by = frozenset({"name"})

    def make(self, inputs: Properties) -> str:
        """Create the group, which must not be there yet."""
        name: str = inputs["name"]
        self.aws["logs"].create_log_group(logGroupName=name)
        return name

    def settle(self, identity: str, inputs: Properties) -> None:
        """Set the retention."""
        self.aws["logs"].put_retention_policy(
            logGroupName=identity, retentionInDays=inputs["retentionInDays"]
        )

    def describe(self, identity: str, state: Properties) -> Properties:
        """The ARN, as the real provider gives it: without the final `:*`."""
        self.aws["logs"].describe_log_streams(logGroupName=identity, limit=1)
        return {"arn": self.aws.arn("logs", f"log-group:{identity}")}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """The retention, all that can change, is settled."""

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the group with its streams."""
        self.aws["logs"].delete_log_group(logGroupName=identity)
