"""Scheduled rules and their targets."""

from __future__ import annotations

from typing import Any

from tests.deploy.provider.core import Gone, Kind, renamed
from tests.deploy.provider.values import Properties


class EventRule(Kind):
    """A rule of the default event bus. Its id is its name."""

    token = "aws:cloudwatch/eventRule:EventRule"
    required = frozenset({"name", "scheduleExpression"})
    optional = frozenset({"description"})
    replaced_by = frozenset({"name"})

    def make(self, inputs: Properties) -> str:
        """Create the rule."""
        self.change(inputs["name"], {}, inputs)
        name: str = inputs["name"]
        return name

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the ARN."""
        return {"arn": self.aws["events"].describe_rule(Name=identity)["Arn"]}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Write the whole rule."""
        self.aws["events"].put_rule(**renamed(new))

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the rule. AWS rejects this while it has targets."""
        self.aws["events"].delete_rule(Name=identity)


class EventTarget(Kind):
    """A target of a rule with its input."""

    token = "aws:cloudwatch/eventTarget:EventTarget"
    required = frozenset({"arn", "rule", "targetId"})
    optional = frozenset({"input", "retryPolicy"})
    replaced_by = frozenset({"rule", "targetId"})

    def make(self, inputs: Properties) -> str:
        """Add the target."""
        self.change("", {}, inputs)
        return f"{inputs['rule']}-{inputs['targetId']}"

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return nothing: there are only inputs."""
        targets = self.aws["events"].list_targets_by_rule(Rule=state["rule"])["Targets"]
        if state["targetId"] not in [target["Id"] for target in targets]:
            raise Gone
        return {}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Write the whole target. AWS reports an error only in the response."""
        target: dict[str, Any] = renamed(
            {name: value for name, value in new.items() if name != "rule"}, {"targetId": "Id"}
        )
        answer = self.aws["events"].put_targets(Rule=new["rule"], Targets=[target])
        if answer["FailedEntryCount"]:
            raise ValueError(answer["FailedEntries"])

    def remove(self, identity: str, state: Properties) -> None:
        """Remove the target."""
        self.aws["events"].remove_targets(Rule=state["rule"], Ids=[state["targetId"]])
