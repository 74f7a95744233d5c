"""The API Gateway HTTP API in front of the API function."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.cors import CORS_METHODS, CORS_READ, CORS_SENT, PREFLIGHT_SECONDS
from infra.function import Function

# Milliseconds: the maximum of an HTTP API.
GATEWAY_TIMEOUT = 30_000
ROUTES = ("ANY /", "ANY /{proxy+}")

# No path, query string or header (S37): some APIs take a token in the path.
ACCESS_LOG = {
    "time": "$context.requestTimeEpoch",
    "request": "$context.requestId",
    "source": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "route": "$context.routeKey",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "ms": "$context.responseLatency",
    "function_ms": "$context.integrationLatency",
    "function_status": "$context.integrationStatus",
    "error": "$context.integrationErrorMessage",
    "refused": "$context.error.message",
}


@dataclass
class HttpApiArgs:
    """`throttle_rate` is in requests per second. Pages of `page_origins` may call the API; it is
    empty if the CDN serves pages and API from one origin.
    """

    base: str
    throttle_rate: int
    throttle_burst: int
    log_retention_days: int
    page_origins: Sequence[pulumi.Input[str]] = ()


class HttpApi(pulumi.ComponentResource):
    """An HTTP API with throttling and an access log without secrets (S34, S37)."""

    id: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    execution_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: HttpApiArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("api-dashboard:aws:HttpApi", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        api = aws.apigatewayv2.Api(
            f"{name}-api",
            name=args.base,
            protocol_type="HTTP",
            cors_configuration=_cors(args.page_origins) if args.page_origins else None,
            opts=child,
        )
        # Names with this prefix need no entry in the account's log policy, which has a size limit:
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
        log_group = aws.cloudwatch.LogGroup(
            f"{name}-log",
            name=f"/aws/vendedlogs/{args.base}/access",
            retention_in_days=args.log_retention_days,
            opts=child,
        )
        aws.apigatewayv2.Stage(
            f"{name}-stage",
            api_id=api.id,
            name="$default",
            auto_deploy=True,
            default_route_settings=aws.apigatewayv2.StageDefaultRouteSettingsArgs(
                throttling_rate_limit=args.throttle_rate,
                throttling_burst_limit=args.throttle_burst,
            ),
            access_log_settings=aws.apigatewayv2.StageAccessLogSettingsArgs(
                destination_arn=log_group.arn, format=json.dumps(ACCESS_LOG)
            ),
            opts=child,
        )
        self.id = api.id
        self.endpoint = api.api_endpoint
        self.execution_arn = api.execution_arn
        self.register_outputs(
            {"id": self.id, "endpoint": self.endpoint, "execution_arn": self.execution_arn}
        )


@dataclass
class FunctionRoutesArgs:
    """An HTTP API and the function that handles its requests."""

    api: HttpApi
    function: Function


class FunctionRoutes(pulumi.ComponentResource):
    """Routes every request of an HTTP API to one function.

    This is separate from HttpApi because the function needs the dashboard's URL, and the CDN that
    provides it needs the API's.
    """

    def __init__(
        self, name: str, args: FunctionRoutesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("api-dashboard:aws:FunctionRoutes", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        permission = aws.lambda_.Permission(
            f"{name}-permission",
            statement_id="http-api",
            action="lambda:InvokeFunction",
            function=args.function.name,
            principal="apigateway.amazonaws.com",
            source_arn=pulumi.Output.concat(args.api.execution_arn, "/*/*"),
            opts=child,
        )
        integration = aws.apigatewayv2.Integration(
            f"{name}-integration",
            api_id=args.api.id,
            integration_type="AWS_PROXY",
            integration_method="POST",
            integration_uri=args.function.invoke_arn,
            payload_format_version="2.0",
            timeout_milliseconds=GATEWAY_TIMEOUT,
            opts=child,
        )
        for number, route in enumerate(ROUTES, start=1):
            aws.apigatewayv2.Route(
                f"{name}-route-{number}",
                api_id=args.api.id,
                route_key=route,
                target=pulumi.Output.concat("integrations/", integration.id),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
            )
        self.register_outputs({})


def _cors(origins: Sequence[pulumi.Input[str]]) -> aws.apigatewayv2.ApiCorsConfigurationArgs:
    return aws.apigatewayv2.ApiCorsConfigurationArgs(
        allow_origins=list(origins),
        allow_methods=list(CORS_METHODS),
        allow_headers=list(CORS_SENT),
        expose_headers=list(CORS_READ),
        allow_credentials=False,
        max_age=PREFLIGHT_SECONDS,
    )
