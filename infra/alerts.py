"""CloudWatch alarms, their e-mail notifications, and a budget."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.function import TIMEOUT

_PERIOD = 300  # seconds
# Milliseconds, nine tenths of the time limit.
_SLOW = TIMEOUT * 1000 * 9 // 10
_WARNINGS = ((80, "ACTUAL"), (100, "FORECASTED"))  # percent of the budget


@dataclass
class AlertsArgs:
    """An empty `email` sends no notifications. `monthly_budget` is in US dollars, 0 means none."""

    base: str
    function_name: pulumi.Input[str]
    api_id: pulumi.Input[str]
    email: str
    monthly_budget: int


class Alerts(pulumi.ComponentResource):
    """Alarms on errors, throttled calls, calls close to the time limit and responses with status
    500 or higher. AWS has ten free alarms; these are four. With an e-mail address, alarms and the
    budget's warnings are sent to it.
    """

    def __init__(
        self, name: str, args: AlertsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("api-dashboard:aws:Alerts", name, None, opts)
        self._name = name
        self._base = args.base
        self._actions = [self._topic(args.email)] if args.email else []
        function = {"FunctionName": args.function_name}
        api = {"ApiId": args.api_id}
        self._alarm("errors", "AWS/Lambda", "Errors", function, "The function failed.")
        self._alarm("throttles", "AWS/Lambda", "Throttles", function, "Calls were throttled.")
        self._alarm(
            "duration",
            "AWS/Lambda",
            "Duration",
            function,
            f"A call took more than {_SLOW / 1000:g} seconds. The limit is {TIMEOUT}.",
            statistic="Maximum",
            above=_SLOW,
        )
        self._alarm("5xx", "AWS/ApiGateway", "5xx", api, "Responses had status 500 or higher.")
        if args.monthly_budget:
            self._budget(args.monthly_budget, args.email)
        self.register_outputs({})

    def _alarm(
        self,
        kind: str,
        namespace: str,
        metric: str,
        dimensions: dict[str, pulumi.Input[str]],
        meaning: str,
        statistic: str = "Sum",
        above: int = 0,
    ) -> None:
        aws.cloudwatch.MetricAlarm(
            f"{self._name}-{kind}",
            name=f"{self._base}-{kind}",
            alarm_description=meaning,
            namespace=namespace,
            metric_name=metric,
            dimensions=dimensions,
            statistic=statistic,
            period=_PERIOD,
            evaluation_periods=1,
            comparison_operator="GreaterThanThreshold",
            threshold=above,
            # An idle stack has no data, which is not an error.
            treat_missing_data="notBreaching",
            alarm_actions=self._actions,
            ok_actions=self._actions,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _topic(self, email: str) -> pulumi.Output[str]:
        topic = aws.sns.Topic(
            f"{self._name}-topic",
            name=f"{self._base}-alerts",
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.sns.TopicSubscription(
            f"{self._name}-email",
            topic=topic.arn,
            protocol="email",
            endpoint=email,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return topic.arn

    def _budget(self, dollars: int, email: str) -> None:
        aws.budgets.Budget(
            f"{self._name}-budget",
            name=self._base,
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(dollars),
            limit_unit="USD",
            notifications=[
                aws.budgets.BudgetNotificationArgs(
                    notification_type=kind,
                    comparison_operator="GREATER_THAN",
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                    subscriber_email_addresses=[email],
                )
                for percent, kind in _WARNINGS
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
