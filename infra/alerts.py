"""CloudWatch alarms, their email notifications, and a budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.function import TIMEOUT, Function

_PERIOD = 300  # seconds
# Seconds. An alarm whose period is an hour can look back seven days.
_HOUR = 3600
_MOST_PERIODS = 168
# Milliseconds, nine tenths of the time limit.
_SLOW = TIMEOUT * 1000 * 9 // 10
# The concurrent executions of a new account, for all its functions together.
_NEW_ACCOUNT = 10
# The functions log one line of JSON for each event. Only failures of the product, not those of
# upstreams, have this level.
FAILURE_PATTERN = '{ $.level = "error" }'
_FAILURES = "Failures"
_WARNINGS = ((80, "ACTUAL"), (100, "FORECASTED"))  # percent of the budget


@dataclass
class AlertsArgs:
    """`function` is the API function, and `proxy` the streaming function. `proxy_concurrency` is
    the number of executions reserved for `proxy`, 0 for none. `backup` is the function that makes
    a backup every `backup_hours`, None if there is none. An empty `email` sends no notifications.
    `monthly_budget` is in US dollars, 0 means none.
    """

    base: str
    function: Function
    proxy: Function
    proxy_concurrency: int
    backup: Function | None
    backup_hours: int
    email: str
    monthly_budget: int


class Alerts(pulumi.ComponentResource):
    """Alarms on errors and throttled calls of both functions, slow calls of the API function, too
    many calls in progress in the streaming function, and failures of the product. AWS has ten free
    alarms and ten free metrics; these are seven and one. With an email address, alarms and the
    budget's warnings are sent to it.

    The streaming function has no alarm on the duration, because its calls may be long.
    """

    def __init__(
        self, name: str, args: AlertsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("api-dashboard:aws:Alerts", name, None, opts)
        self._name = name
        self._base = args.base
        self._actions = [self._topic(args.email)] if args.email else []
        api, proxy = args.function.name, args.proxy.name
        self._lambda_alarm("errors", "Errors", api, "The API function failed.")
        self._lambda_alarm(
            "throttles", "Throttles", api, "Calls of the API function were throttled."
        )
        self._lambda_alarm(
            "duration",
            "Duration",
            api,
            f"A call took more than {_SLOW / 1000:g} seconds. The limit is {TIMEOUT} seconds.",
            statistic="Maximum",
            above=_SLOW,
        )
        self._lambda_alarm(
            "proxy-errors",
            "Errors",
            proxy,
            "The streaming function failed, or it reported a stream that ended early, for example "
            "because the upstream broke off. Its log says which.",
        )
        self._lambda_alarm(
            "proxy-throttles", "Throttles", proxy, "Calls of the streaming function were throttled."
        )
        most = args.proxy_concurrency or _NEW_ACCOUNT
        self._lambda_alarm(
            "proxy-concurrency",
            "ConcurrentExecutions",
            proxy,
            f"More than {_share(most)} proxied calls were in progress at once. {_limit(args)}",
            statistic="Maximum",
            above=_share(most),
        )
        if args.backup is not None:
            self._backup_alarms(args.backup.name, args.backup_hours)
        self._failures_alarm({"function": args.function, "proxy": args.proxy})
        if args.monthly_budget:
            self._budget(args.monthly_budget, args.email)
        self.register_outputs({})

    def _failures_alarm(self, functions: Mapping[str, Function]) -> None:
        """Create the alarm on failures of the product itself, counted in the functions' logs.

        API Gateway's own metric would also count what upstreams respond and the proxy relays.
        """
        namespace = f"ApiDashboard/{self._base}"
        for kind, function in functions.items():
            aws.cloudwatch.LogMetricFilter(
                f"{self._name}-{kind}-failures",
                name=f"{self._base}-failures",
                log_group_name=function.log_group,
                pattern=FAILURE_PATTERN,
                metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
                    namespace=namespace, name=_FAILURES, value="1"
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self._alarm(
            "5xx",
            namespace,
            _FAILURES,
            {},
            "The product failed. Its logs have the details, in lines whose level is error.",
        )

    def _backup_alarms(self, function: pulumi.Output[str], hours: int) -> None:
        self._lambda_alarm(
            "backup-errors", "Errors", function, "A scheduled backup failed. The log says why."
        )
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
        if 2 * hours > _MOST_PERIODS:
            return
        aws.cloudwatch.MetricAlarm(
            f"{self._name}-backup-missing",
            name=f"{self._base}-backup-missing",
            alarm_description=f"No scheduled backup was started for {2 * hours} hours.",
            namespace="AWS/Lambda",
            metric_name="Invocations",
            dimensions={"FunctionName": function},
            statistic="Sum",
            period=_HOUR,
            evaluation_periods=2 * hours,
            comparison_operator="LessThanThreshold",
            threshold=1,
            treat_missing_data="breaching",
            alarm_actions=self._actions,
            ok_actions=self._actions,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _lambda_alarm(
        self,
        kind: str,
        metric: str,
        function: pulumi.Input[str],
        meaning: str,
        statistic: str = "Sum",
        above: int = 0,
    ) -> None:
        dimensions = {"FunctionName": function}
        self._alarm(kind, "AWS/Lambda", metric, dimensions, meaning, statistic, above)

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


def _share(most: int) -> int:
    """Return the concurrency above which few executions are left.

    A single execution leaves nothing to warn about before calls are throttled.
    """
    return max(1, most * 8 // 10)


def _limit(args: AlertsArgs) -> str:
    """Return the sentence that says how many executions the streaming function can have."""
    if args.proxy_concurrency:
        return f"proxyReservedConcurrency allows {args.proxy_concurrency}."
    return f"A new account allows {_NEW_ACCOUNT} executions in total."
