"""A Lambda function of the product, with its role and its log group."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
# The schedule queries the index for due checks, for accounts to notify and for due deliveries.
INDEX_ACTIONS = ("dynamodb:Query",)
PARAMETER_ACTIONS = ("ssm:GetParameters",)
# An upload in parts needs the permission to put the object, and another one to give up.
BACKUP_ACTIONS = ("s3:AbortMultipartUpload", "s3:PutObject")
# A message that is not raw needs this alone.
MAIL_ACTIONS = ("ses:SendEmail",)
LOG_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")
# These cannot be limited to a resource:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
TRACE_ACTIONS = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
_TRACES = {
    "Sid": "Traces",
    "Effect": "Allow",
    "Action": list(TRACE_ACTIONS),
    "Resource": "*",
}


@dataclass
class MailArgs:
    """Email from `sender`, by its verified SES identity: that address or its domain."""

    sender: str
    identity: str


@dataclass
class FunctionArgs:
    """`bundle` is a zip archive, `memory` is in MB, and `reserved_concurrency` 0 reserves nothing.

    `purpose` is what the function is for, in a word. `timeout` is in seconds. `environment` holds
    the settings without secrets. `parameters` maps environment variables to the SSM parameters
    whose names they contain. The role may carry out `table_actions` on the table, and
    `index_actions` on its index, and write below `backups_arn`. With `xray`, the function sends
    traces. With `mail`, it may send email.
    """

    name: str
    purpose: str
    bundle: Path
    runtime: str
    architecture: str
    timeout: int
    memory: int
    reserved_concurrency: int
    log_retention_days: int
    table_arn: pulumi.Input[str]
    table_actions: Sequence[str]
    index_actions: Sequence[str]
    environment: Mapping[str, pulumi.Input[str]]
    parameters: Mapping[str, SecretParameter]
    xray: bool
    handler: str = HANDLER
    backups_arn: pulumi.Input[str] | None = None
    mail: MailArgs | None = None


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
            description=f"What the {args.purpose} of this stack may do",
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
                backups=args.backups_arn,
            ).apply(lambda arns: _role_policy(args, arns)),
            opts=child,
        )
        function = aws.lambda_.Function(
            f"{name}-function",
            name=args.name,
            description=_description(args.parameters.values()),
            role=role.arn,
            runtime=args.runtime,
            architectures=[args.architecture],
            handler=args.handler,
            code=pulumi.FileArchive(str(args.bundle)),
            memory_size=args.memory,
            timeout=args.timeout,
            reserved_concurrent_executions=args.reserved_concurrency or -1,
            tracing_config=aws.lambda_.FunctionTracingConfigArgs(mode="Active")
            if args.xray
            else None,
            environment=aws.lambda_.FunctionEnvironmentArgs(
                variables={
                    **args.environment,
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


def _role_policy(args: FunctionArgs, arns: Mapping[str, Any]) -> str:
    """Return the role's policy: exact actions on exact resources (S39).

    Only the name of the log stream and those of backups are wildcards, because Lambda and the
    function choose them. Operator commands also query the index, but with your own credentials.
    """
    table_arn, log_group_arn = arns["table"], arns["log"]
    backups = {
        "Sid": "Backups",
        "Effect": "Allow",
        "Action": list(BACKUP_ACTIONS),
        "Resource": f"{arns['backups']}*",
    }
    due = {
        "Sid": "Due",
        "Effect": "Allow",
        "Action": list(args.index_actions),
        "Resource": f"{table_arn}/index/{INDEX}",
    }
    return _policy(
        {
            "Sid": "Table",
            "Effect": "Allow",
            "Action": list(args.table_actions),
            "Resource": table_arn,
        },
        *([due] if args.index_actions else []),
        {
            "Sid": "Secrets",
            "Effect": "Allow",
            "Action": list(PARAMETER_ACTIONS),
            "Resource": sorted(arns["parameters"]),
        },
        {
            "Sid": "Log",
            "Effect": "Allow",
            "Action": list(LOG_ACTIONS),
            "Resource": f"{log_group_arn}:log-stream:*",
        },
        *([backups] if arns["backups"] else []),
        *([_mail(args.mail, table_arn)] if args.mail else []),
        *([_TRACES] if args.xray else []),
    )


def _mail(mail: MailArgs, table_arn: str) -> Mapping[str, object]:
    """Return the permission to send from one address, by its identity beside the table.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonses.html
    """
    _, partition, _, region, account, _ = table_arn.split(":", 5)
    return {
        "Sid": "Mail",
        "Effect": "Allow",
        "Action": list(MAIL_ACTIONS),
        "Resource": f"arn:{partition}:ses:{region}:{account}:identity/{mail.identity}",
        "Condition": {"StringEquals": {"ses:FromAddress": mail.sender}},
    }


def _policy(*statements: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, sort_keys=True)


def _description(parameters: Iterable[SecretParameter]) -> pulumi.Output[str]:
    """Return a description that changes with every secret, because an update ends old processes."""
    versions = pulumi.Output.all(*[parameter.version for parameter in parameters])
    return versions.apply(lambda found: f"API Dashboard, secrets {'.'.join(map(str, found))}")
