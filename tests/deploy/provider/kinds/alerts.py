"""Alarms, topics and budgets."""

from __future__ import annotations

from typing import Any

from tests.deploy.provider.aws import ACCOUNT
from tests.deploy.provider.core import Gone, Kind, renamed
from tests.deploy.provider.values import Properties


class MetricAlarm(Kind):
    """An alarm on one metric."""

    token = "aws:cloudwatch/metricAlarm:MetricAlarm"
    required = frozenset(
        {"name", "namespace", "metricName", "comparisonOperator", "evaluationPeriods"}
        | {"period", "threshold"}
    )
    optional = frozenset(
        {
            "alarmActions",
            "alarmDescription",
            "dimensions",
            "okActions",
            "statistic",
            "treatMissingData",
        }
    )
    replaced_by = frozenset({"name"})

    def make(self, inputs: Properties) -> str:
        """Create the alarm."""
        self.change(inputs["name"], {}, inputs)
        name: str = inputs["name"]
        return name

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the ARN."""
        alarms = self.aws["cloudwatch"].describe_alarms(AlarmNames=[identity])["MetricAlarms"]
        if not alarms:
            raise Gone
        return {"arn": alarms[0]["AlarmArn"]}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Write the whole alarm."""
        alarm: dict[str, Any] = renamed(
            {name: value for name, value in new.items() if name != "dimensions"},
            {"name": "AlarmName", "okActions": "OKActions"},
        )
        dimensions = new.get("dimensions", {})
        alarm["Dimensions"] = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        self.aws["cloudwatch"].put_metric_alarm(**alarm)

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the alarm."""
        self.aws["cloudwatch"].delete_alarms(AlarmNames=[identity])


class Topic(Kind):
    """A topic; its ARN is its id."""

    token = "aws:sns/topic:Topic"
    required = frozenset({"name"})
    replaced_by = required

    def make(self, inputs: Properties) -> str:
        """Create the topic."""
        identity: str = self.aws["sns"].create_topic(Name=inputs["name"])["TopicArn"]
        return identity

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the ARN."""
        self.aws["sns"].get_topic_attributes(TopicArn=identity)
        return {"arn": identity}

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the topic with its subscriptions."""
        self.aws["sns"].delete_topic(TopicArn=identity)


class Subscription(Kind):
    """A subscription of a topic."""

    token = "aws:sns/topicSubscription:TopicSubscription"
    required = frozenset({"topic", "protocol", "endpoint"})
    replaced_by = required

    def make(self, inputs: Properties) -> str:
        """Subscribe."""
        answer = self.aws["sns"].subscribe(
            TopicArn=inputs["topic"],
            Protocol=inputs["protocol"],
            Endpoint=inputs["endpoint"],
            ReturnSubscriptionArn=True,
        )
        identity: str = answer["SubscriptionArn"]
        return identity

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the ARN."""
        self.aws["sns"].get_subscription_attributes(SubscriptionArn=identity)
        return {"arn": identity}

    def remove(self, identity: str, state: Properties) -> None:
        """Unsubscribe."""
        self.aws["sns"].unsubscribe(SubscriptionArn=identity)


class Budget(Kind):
    """A monthly budget with its notifications. The id is `account:name`."""

    token = "aws:budgets/budget:Budget"
    required = frozenset(
        {"name", "budgetType", "limitAmount", "limitUnit", "notifications", "timeUnit"}
    )
    replaced_by = required

    def make(self, inputs: Properties) -> str:
        """Create the budget."""
        self.aws["budgets"].create_budget(
            AccountId=ACCOUNT,
            Budget={
                "BudgetName": inputs["name"],
                "BudgetType": inputs["budgetType"],
                "BudgetLimit": {"Amount": inputs["limitAmount"], "Unit": inputs["limitUnit"]},
                "TimeUnit": inputs["timeUnit"],
            },
            NotificationsWithSubscribers=[_notice(one) for one in inputs["notifications"]],
        )
        return f"{ACCOUNT}:{inputs['name']}"

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the ARN."""
        self.aws["budgets"].describe_budget(AccountId=ACCOUNT, BudgetName=state["name"])
        return {"arn": f"arn:aws:budgets::{ACCOUNT}:budget/{state['name']}"}

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the budget."""
        self.aws["budgets"].delete_budget(AccountId=ACCOUNT, BudgetName=state["name"])


def _notice(inputs: Properties) -> dict[str, Any]:
    return {
        "Notification": renamed(
            {name: value for name, value in inputs.items() if name != "subscriberEmailAddresses"}
        ),
        "Subscribers": [
            {"SubscriptionType": "EMAIL", "Address": address}
            for address in inputs["subscriberEmailAddresses"]
        ],
    }
