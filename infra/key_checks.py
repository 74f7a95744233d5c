"""What tells the function every few minutes to look for keys that are due to be checked."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.function import Function

# Even if each call were a cold start, decrypting the secrets stays within the free 20,000 a month.
RATE = "rate(10 minutes)"
# What the API takes for this call; a test holds both together.
EVENT = {"task": "scheduled_checks"}


@dataclass
class KeyChecksArgs:
    """The function that makes the checks; `base` begins the rule's name."""

    base: str
    function: Function


class KeyChecks(pulumi.ComponentResource):
    """One rule that may call one function with one fixed event, and the permission for it. Users
    choose for each key whether it is checked, and how often; without any, a call is one read.
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
            # What could not be delivered is left to the next turn.
            retry_policy=aws.cloudwatch.EventTargetRetryPolicyArgs(
                maximum_event_age_in_seconds=60, maximum_retry_attempts=0
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
        )
        self.register_outputs({})
