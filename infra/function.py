"""The Lambda function of the API, its role and its log group."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from infra.bundle import HANDLER
from infra.secrets import SecretParameter
from infra.table import INDEX

# Seconds: less than the gateway's 30, so that the function can respond first (S38).
TIMEOUT = 29

# Exactly the operations that the API calls; a test compares the two (S39). A transaction needs the
# permissions of its writes.
TABLE_ACTIONS = (
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
)
# Scheduled checks query the index for due keys.
INDEX_ACTIONS = ("dynamodb:Query",)
PARAMETER_ACTIONS = ("ssm:GetParameters",)
LOG_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")


@dataclass
class FunctionArgs:
    """`bundle` is a zip archive, `memory` is in MB, and `reserved_concurrency` 0 reserves nothing.

    `environment` holds the API's settings without secrets. `parameters` maps environment variables
    to the SSM parameters whose names they contain. With `scheduled_checks`, the function also
    checks keys that are due.
    """

    name: str
    bundle: Path
    runtime: str
    architecture: str
    memory: int
    reserved_concurrency: int
    log_retention_days: int
    table_arn: pulumi.Input[str]
    environment: Mapping[str, pulumi.Input[str]]
    parameters: Mapping[str, SecretParameter]
    scheduled_checks: bool


class Function(pulumi.ComponentResource):
    """A function with a role that may use one table, read its own parameters and write its own log
    (S38, S39). Its environment contains no secret.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    invoke_arn: pulumi.Output[str]
    role_arn: pulumi.Output[str]
    log_group: pulumi.Output[str]

    def __init__(
        self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("api-dashboard:aws:Function", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # Otherwise Lambda creates a log group that outlives the stack and keeps logs forever.
        log_group = aws.cloudwatch.LogGroup(
            f"{name}-log",
            name=f"/aws/lambda/{args.name}",
            retention_in_days=args.log_retention_days,
            opts=child,
        )
        role = aws.iam.Role(
            f"{name}-role",
            name=args.name,
            description="What the API of this stack may do",
            assume_role_policy=_policy(
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ),
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            f"{name}-policy",
            name=args.name,
            role=role.name,
            policy=pulumi.Output.all(
                table=args.table_arn,
                log=log_group.arn,
                parameters=[parameter.arn for parameter in args.parameters.values()],
            ).apply(
                lambda arns: role_policy(
                    arns["table"], arns["parameters"], arns["log"], index=args.scheduled_checks
                )
            ),
            opts=child,
        )
        function = aws.lambda_.Function(
            f"{name}-function",
            name=args.name,
            description=_description(args.parameters.values()),
            role=role.arn,
            runtime=args.runtime,
            architectures=[args.architecture],
            handler=HANDLER,
            code=pulumi.FileArchive(str(args.bundle)),
            memory_size=args.memory,
            timeout=TIMEOUT,
            reserved_concurrent_executions=args.reserved_concurrency or -1,
            environment=aws.lambda_.FunctionEnvironmentArgs(
                variables={
                    **args.environment,
                    "API_DASHBOARD_SCHEDULED_CHECKS": str(args.scheduled_checks).lower(),
                    **{name: parameter.name for name, parameter in args.parameters.items()},
                }
            ),
            # The policy and the log group must exist before the function starts.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy, log_group]),
        )
        self.name = function.name
        self.arn = function.arn
        self.invoke_arn = function.invoke_arn
        self.role_arn = role.arn
        self.log_group = log_group.name
        self.register_outputs(
            {
                "name": self.name,
                "arn": self.arn,
                "invoke_arn": self.invoke_arn,
                "role_arn": self.role_arn,
                "log_group": self.log_group,
            }
        )


def role_policy(
    table_arn: str, parameter_arns: Sequence[str], log_group_arn: str, *, index: bool
) -> str:
    """Return the role's policy: exact actions on exact resources (S39).

    Only the name of the log stream is a wildcard, because Lambda chooses it. `index` permits
    queries of the index, which scheduled checks need. Operator commands query it too, but with your
    own credentials.
    """
    due = {
        "Sid": "Due",
        "Effect": "Allow",
        "Action": list(INDEX_ACTIONS),
        "Resource": f"{table_arn}/index/{INDEX}",
    }
    return _policy(
        {
            "Sid": "Table",
            "Effect": "Allow",
            "Action": list(TABLE_ACTIONS),
            "Resource": table_arn,
        },
        *([due] if index else []),
        {
            "Sid": "Secrets",
            "Effect": "Allow",
            "Action": list(PARAMETER_ACTIONS),
            "Resource": sorted(parameter_arns),
        },
        {
            "Sid": "Log",
            "Effect": "Allow",
            "Action": list(LOG_ACTIONS),
            "Resource": f"{log_group_arn}:log-stream:*",
        },
    )


def _policy(*statements: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, sort_keys=True)


def _description(parameters: Iterable[SecretParameter]) -> pulumi.Output[str]:
    """Return a description that changes with every secret, because an update ends old processes."""
    versions = pulumi.Output.all(*[parameter.version for parameter in parameters])
    return versions.apply(lambda found: f"API Dashboard, secrets {'.'.join(map(str, found))}")
