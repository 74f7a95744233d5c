"""The schedule on which the function checks keys that are due."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.function import Function

# Even if every call is a cold start, it decrypts secrets less often than the free 20,000 times a
# month.
RATE = "rate(10 minutes)"
# The event that the API expects; a test compares the two.
EVENT = {"task": "scheduled_checks"}


@dataclass
class KeyChecksArgs:
    """The function that checks keys. `base` is the prefix of the rule's name."""

    base: str
    function: Function


class KeyChecks(pulumi.ComponentResource):
    """A rule that calls the function with one fixed event, and its permission to do so.

    Users choose for each key whether and how often it is checked. If no key is due, a call is one
    read.
    """

    def __init__(
        self, name: str, args: KeyChecksArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("api-dashboard:aws:KeyChecks", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        rule = aws.cloudwatch.EventRule(
            f"{name}-rule",
            name=f"{args.base}-key-checks",
            description="Checks the API keys that are due",
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
        aws.cloudwatch.EventTarget(
            f"{name}-target",
            rule=rule.name,
            target_id="function",
            arn=args.function.arn,
            input=json.dumps(EVENT),
            # The next scheduled event replaces one that could not be delivered.
            retry_policy=aws.cloudwatch.EventTargetRetryPolicyArgs(
                maximum_event_age_in_seconds=60, maximum_retry_attempts=0
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
        )
        self.register_outputs({})
