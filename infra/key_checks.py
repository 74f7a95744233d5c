"""The schedule on which the API function checks keys and sends notifications that are due."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.function import Function

# Even if every call is a cold start, it decrypts secrets less often than the free 20,000 times a
# month.
RATE = "rate(10 minutes)"
# Seconds. The next scheduled event replaces one that could not be delivered or that failed.
_LONGEST_DELAY = 60
# The event that the API expects; a test compares the two.
EVENT = {"task": "scheduled_checks"}


@dataclass
class KeyChecksArgs:
    """`function` is the API function. `base` is the prefix of the rule's name."""

    base: str
    function: Function


class KeyChecks(pulumi.ComponentResource):
    """A rule that calls the API function with one fixed event, and its permission to do so.

    Users choose whether their keys are checked (unless the setting `scheduledChecks` is off), and
    what they are notified of. If nothing is due, a call is three reads, without checks two.
    """

    def __init__(
        self, name: str, args: KeyChecksArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("api-dashboard:aws:KeyChecks", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        rule = aws.cloudwatch.EventRule(
            f"{name}-rule",
            name=f"{args.base}-key-checks",
            description="Checks API keys and sends notifications",
            schedule_expression=RATE,
            opts=child,
        )
        permission = aws.lambda_.Permission(
            f"{name}-permission",
            statement_id="key-checks",
            action="lambda:InvokeFunction",
            function=args.function.name,
            principal="events.amazonaws.com",
            source_arn=rule.arn,
            opts=child,
        )
        # The target's policy covers only the delivery to Lambda, which by default repeats a failed
        # call twice. Only the schedule calls the function asynchronously.
        aws.lambda_.FunctionEventInvokeConfig(
            f"{name}-invoke-config",
            function_name=args.function.name,
            maximum_event_age_in_seconds=_LONGEST_DELAY,
            maximum_retry_attempts=0,
            opts=child,
        )
        aws.cloudwatch.EventTarget(
            f"{name}-target",
            rule=rule.name,
            target_id="function",
            arn=args.function.arn,
            input=json.dumps(EVENT),
            retry_policy=aws.cloudwatch.EventTargetRetryPolicyArgs(
                maximum_event_age_in_seconds=_LONGEST_DELAY, maximum_retry_attempts=0
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
        )
        self.register_outputs({})
