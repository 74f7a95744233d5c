"""The function that is the API, its role and its log."""

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

# Seconds. The gateway gives up at 30: the function must be able to answer before (S38).
TIMEOUT = 29

# What the API calls, and nothing else; a test holds both against each other (S39). A transaction
# asks for the permissions of the writes that it is made of.
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
# Asked for what is due, where keys are checked on a schedule.
INDEX_ACTIONS = ("dynamodb:Query",)
PARAMETER_ACTIONS = ("ssm:GetParameters",)
LOG_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")


@dataclass
class FunctionArgs:
    """`bundle` is a zip archive, `memory` in MB; `reserved_concurrency` 0 reserves nothing.

    `environment` is what the API reads beside the parameters' names. `parameters` are the secrets
    by the environment names under which the API looks for their parameters. `scheduled_checks`:
    whether it also looks for keys that are due to be checked.
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
    """One function with one role, which may use one table, read its own parameters and write its
    own log (S38, S39). No secret is in its environment.
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
        # Declared, since Lambda would make one by itself that outlives the stack and never forgets.
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
            # What it needs must be there before it first starts.
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
    """The role's policy: exact actions on exact resources (S39).

    Only a log stream's name is open, since Lambda invents it. The `index` is asked only for keys
    that are due to be checked, and by commands that run with your own credentials.
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
    """Changes with every secret: a changed function ends its copies that hold the old ones."""
    versions = pulumi.Output.all(*[parameter.version for parameter in parameters])
    return versions.apply(lambda found: f"API Dashboard, secrets {'.'.join(map(str, found))}")
