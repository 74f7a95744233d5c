"""The parts of an HTTP API (API Gateway v2)."""

from __future__ import annotations

from typing import Any

from tests.deploy.provider.core import Kind, renamed
from tests.deploy.provider.values import Properties


class Api(Kind):
    """An HTTP API. Its host has AWS's format, and the emulator recognizes the id in it."""

    token = "aws:apigatewayv2/api:Api"
    required = frozenset({"name", "protocolType"})
    optional = frozenset({"corsConfiguration"})
    replaced_by = frozenset({"protocolType"})

    def make(self, inputs: Properties) -> str:
        """Create the API."""
        identity: str = self.aws["apigatewayv2"].create_api(**_arguments(inputs))["ApiId"]
        return identity

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return host and ARNs."""
        self.aws["apigatewayv2"].get_api(ApiId=identity)
        return {
            "apiEndpoint": f"https://{identity}.execute-api.{self.aws.region}.amazonaws.com",
            "arn": f"arn:aws:apigateway:{self.aws.region}::/apis/{identity}",
            "executionArn": self.aws.arn("execute-api", identity),
        }

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Update name and CORS."""
        if "corsConfiguration" in old and "corsConfiguration" not in new:
            self.aws["apigatewayv2"].delete_cors_configuration(ApiId=identity)
        changeable = {name: value for name, value in new.items() if name != "protocolType"}
        self.aws["apigatewayv2"].update_api(ApiId=identity, **_arguments(changeable))

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the API with all its parts."""
        self.aws["apigatewayv2"].delete_api(ApiId=identity)


class Stage(Kind):
    """A stage. Its id is its name."""

    token = "aws:apigatewayv2/stage:Stage"
    required = frozenset({"apiId", "name", "autoDeploy"})
    optional = frozenset({"accessLogSettings", "defaultRouteSettings"})
    replaced_by = frozenset({"apiId", "name"})

    def make(self, inputs: Properties) -> str:
        """Create the stage."""
        name: str = inputs["name"]
        self.aws["apigatewayv2"].create_stage(**_arguments(inputs, {"name": "StageName"}))
        return name

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return host and ARNs."""
        api, region = state["apiId"], self.aws.region
        self.aws["apigatewayv2"].get_stage(ApiId=api, StageName=identity)
        return {
            "arn": f"arn:aws:apigateway:{region}::/apis/{api}/stages/{identity}",
            "executionArn": self.aws.arn("execute-api", f"{api}/{identity}"),
            "invokeUrl": f"https://{api}.execute-api.{region}.amazonaws.com/",
        }

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Update throttling and access logs."""
        self.aws["apigatewayv2"].update_stage(**_arguments(new, {"name": "StageName"}))

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the stage."""
        self.aws["apigatewayv2"].delete_stage(ApiId=state["apiId"], StageName=identity)


class Integration(Kind):
    """The target of a route."""

    token = "aws:apigatewayv2/integration:Integration"
    required = frozenset({"apiId", "integrationType", "integrationUri", "payloadFormatVersion"})
    optional = frozenset({"integrationMethod", "timeoutMilliseconds"})
    replaced_by = frozenset({"apiId", "integrationType"})

    def make(self, inputs: Properties) -> str:
        """Create the integration."""
        answer = self.aws["apigatewayv2"].create_integration(
            **_arguments(inputs, {"timeoutMilliseconds": "TimeoutInMillis"})
        )
        identity: str = answer["IntegrationId"]
        return identity

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return nothing: there are only inputs."""
        self.aws["apigatewayv2"].get_integration(ApiId=state["apiId"], IntegrationId=identity)
        return {}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Update everything except the API and the type."""
        self.aws["apigatewayv2"].update_integration(
            IntegrationId=identity, **_arguments(new, {"timeoutMilliseconds": "TimeoutInMillis"})
        )

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the integration."""
        self.aws["apigatewayv2"].delete_integration(ApiId=state["apiId"], IntegrationId=identity)


class Route(Kind):
    """A route of an API."""

    token = "aws:apigatewayv2/route:Route"
    required = frozenset({"apiId", "routeKey", "target"})
    replaced_by = frozenset({"apiId"})

    def make(self, inputs: Properties) -> str:
        """Create the route."""
        identity: str = self.aws["apigatewayv2"].create_route(**_arguments(inputs))["RouteId"]
        return identity

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return nothing: there are only inputs."""
        self.aws["apigatewayv2"].get_route(ApiId=state["apiId"], RouteId=identity)
        return {}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Update the route's key and target."""
        self.aws["apigatewayv2"].update_route(RouteId=identity, **_arguments(new))

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the route."""
        self.aws["apigatewayv2"].delete_route(ApiId=state["apiId"], RouteId=identity)


def _arguments(inputs: Properties, names: dict[str, str] | None = None) -> dict[str, Any]:
    arguments: dict[str, Any] = renamed(inputs, names)
    return arguments
