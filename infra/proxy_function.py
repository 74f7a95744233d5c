"""The streaming function and its URL.

It serves `/proxy/*` alone, and streams a response for up to 14 minutes. The HTTP API's own `/proxy`
buffers responses, and ends calls after 26 seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from infra.cors import CORS_METHODS, CORS_READ, CORS_SENT, PREFLIGHT_SECONDS
from infra.function import Function, FunctionArgs
from infra.secrets import SecretParameter

# Seconds: the longest that Lambda lets a function run.
PROXY_TIMEOUT = 900
# Exactly the operations of a proxied call; a test compares the two (S39). A pool with more keys
# than its item holds needs the transactions and the query.
PROXY_TABLE_ACTIONS = (
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
)
# The secrets of a proxied call, by the environment variables with the parameters' names.
PROXY_PARAMETERS = ("JWT_SECRET_PARAMETER", "FERNET_KEYS_PARAMETER", "CDN_SECRET_PARAMETER")
# The managed runtime starts this script in place of its own loop, with the interpreter as argument:
# https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
_WRAPPER = "/var/task/api/aws_lambda/streaming_wrapper"


@dataclass
class ProxyFunctionArgs:
    """The arguments of a Function, without those that are the same for every streaming function.

    Pages of `page_origins` may call the URL. There are none if the CDN serves pages and proxy from
    one origin. `parameters` may contain more than the function reads.
    """

    base: str
    bundle: Path
    runtime: str
    architecture: str
    memory: int
    reserved_concurrency: int
    log_retention_days: int
    table_arn: pulumi.Input[str]
    environment: Mapping[str, pulumi.Input[str]]
    parameters: Mapping[str, SecretParameter]
    xray: bool
    page_origins: Sequence[pulumi.Input[str]] = ()


class ProxyFunction(pulumi.ComponentResource):
    """The streaming function and its URL. Everyone may call the URL: the tokens are the
    authentication, as at the HTTP API.

    `url` has no trailing slash. `host` is its host.
    """

    function: Function
    host: pulumi.Output[str]
    url: pulumi.Output[str]

    def __init__(
        self, name: str, args: ProxyFunctionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("api-dashboard:aws:ProxyFunction", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.function = Function(
            f"{name}-function",
            FunctionArgs(
                name=f"{args.base}-proxy",
                purpose="proxy",
                bundle=args.bundle,
                runtime=args.runtime,
                architecture=args.architecture,
                timeout=PROXY_TIMEOUT,
                memory=args.memory,
                reserved_concurrency=args.reserved_concurrency,
                log_retention_days=args.log_retention_days,
                table_arn=args.table_arn,
                table_actions=PROXY_TABLE_ACTIONS,
                index_actions=(),
                environment={**args.environment, "AWS_LAMBDA_EXEC_WRAPPER": _WRAPPER},
                parameters={
                    name: args.parameters[name]
                    for name in PROXY_PARAMETERS
                    if name in args.parameters
                },
                xray=args.xray,
            ),
            opts=child,
        )
        permissions = self._allow_everybody(name)
        url = aws.lambda_.FunctionUrl(
            f"{name}-url",
            function_name=self.function.name,
            authorization_type="NONE",
            invoke_mode="RESPONSE_STREAM",
            cors=_cors(args.page_origins) if args.page_origins else None,
            opts=pulumi.ResourceOptions(parent=self, depends_on=permissions),
        )
        self.host = url.function_url.apply(_host)
        self.url = pulumi.Output.concat("https://", self.host)
        self.register_outputs({"host": self.host, "url": self.url})

    def _allow_everybody(self, name: str) -> list[pulumi.Resource]:
        """Create both permissions that calls through the URL need.

        https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
        """
        child = pulumi.ResourceOptions(parent=self)
        return [
            aws.lambda_.Permission(
                f"{name}-url-permission",
                statement_id="function-url",
                action="lambda:InvokeFunctionUrl",
                function=self.function.name,
                principal="*",
                function_url_auth_type="NONE",
                opts=child,
            ),
            aws.lambda_.Permission(
                f"{name}-invoke-permission",
                statement_id="function-url-invoke",
                action="lambda:InvokeFunction",
                function=self.function.name,
                principal="*",
                invoked_via_function_url=True,
                opts=child,
            ),
        ]


def _host(address: str) -> str:
    """Return the host of a URL that ends with a slash."""
    return address.removeprefix("https://").rstrip("/")


def _cors(origins: Sequence[pulumi.Input[str]]) -> aws.lambda_.FunctionUrlCorsArgs:
    return aws.lambda_.FunctionUrlCorsArgs(
        allow_origins=list(origins),
        # Lambda answers OPTIONS itself, and refuses it in this list.
        allow_methods=[method for method in CORS_METHODS if method != "OPTIONS"],
        allow_headers=list(CORS_SENT),
        expose_headers=list(CORS_READ),
        allow_credentials=False,
        max_age=PREFLIGHT_SECONDS,
    )
