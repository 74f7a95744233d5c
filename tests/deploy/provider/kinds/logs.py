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
        """Create the group, which must not exist."""
        name: str = inputs["name"]
        self.aws["logs"].create_log_group(logGroupName=name)
        return name

    def settle(self, identity: str, inputs: Properties) -> None:
        """Set the retention."""
        self.aws["logs"].put_retention_policy(
            logGroupName=identity, retentionInDays=inputs["retentionInDays"]
        )

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the ARN without the final `:*`, as the real provider does."""
        self.aws["logs"].describe_log_streams(logGroupName=identity, limit=1)
        return {"arn": self.aws.arn("logs", f"log-group:{identity}")}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Do nothing: only the retention can change, which `settle` sets."""

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the group with its streams."""
        self.aws["logs"].delete_log_group(logGroupName=identity)
