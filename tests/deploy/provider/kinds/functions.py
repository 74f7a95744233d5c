"""Lambda functions and their permissions."""

from __future__ import annotations

from typing import Any

from tests.deploy.provider.core import Kind
from tests.deploy.provider.values import Properties, content, same

_SETTINGS = {
    "role": "Role",
    "handler": "Handler",
    "runtime": "Runtime",
    "memorySize": "MemorySize",
    "timeout": "Timeout",
    "description": "Description",
}


class Function(Kind):
    """A function with a zip file as bundle."""

    token = "aws:lambda/function:Function"
    required = frozenset({"name", "code", "role", "handler", "runtime", "architectures"})
    optional = frozenset(
        {
            "description",
            "environment",
            "memorySize",
            "reservedConcurrentExecutions",
            "timeout",
        }
    )
    replaced_by = frozenset({"name"})
    moving = frozenset({"codeSha256", "lastModified"})

    def make(self, inputs: Properties) -> str:
        """Create the function."""
        name: str = inputs["name"]
        self.aws["lambda"].create_function(
            FunctionName=name,
            Code={"ZipFile": content(inputs["code"])},
            Architectures=inputs["architectures"],
            **_settings(inputs),
        )
        return name

    def settle(self, identity: str, inputs: Properties) -> None:
        """Set or remove the reserved concurrency."""
        # -1 is the real provider's default, which reserves nothing.
        reserved = inputs.get("reservedConcurrentExecutions", -1)
        if reserved == -1:
            self.aws["lambda"].delete_function_concurrency(FunctionName=identity)
        else:
            self.aws["lambda"].put_function_concurrency(
                FunctionName=identity, ReservedConcurrentExecutions=reserved
            )

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the ARNs and the code's hash and size."""
        facts = self.aws["lambda"].get_function_configuration(FunctionName=identity)
        region = self.aws.region
        return {
            "arn": facts["FunctionArn"],
            "invokeArn": f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/"
            f"{facts['FunctionArn']}/invocations",
            "codeSha256": facts["CodeSha256"],
            "lastModified": facts["LastModified"],
            "version": facts["Version"],
        }

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Update the code if it changed, and the settings."""
        if not same([old["code"], old["architectures"]], [new["code"], new["architectures"]]):
            self.aws["lambda"].update_function_code(
                FunctionName=identity,
                ZipFile=content(new["code"]),
                Architectures=new["architectures"],
            )
        self.aws["lambda"].update_function_configuration(FunctionName=identity, **_settings(new))

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the function."""
        self.aws["lambda"].delete_function(FunctionName=identity)


class Permission(Kind):
    """A statement that allows another service to call a function."""

    token = "aws:lambda/permission:Permission"
    required = frozenset({"action", "function", "principal", "sourceArn", "statementId"})
    replaced_by = required

    def make(self, inputs: Properties) -> str:
        """Add the statement."""
        identity: str = inputs["statementId"]
        self.aws["lambda"].add_permission(
            FunctionName=inputs["function"],
            StatementId=identity,
            Action=inputs["action"],
            Principal=inputs["principal"],
            SourceArn=inputs["sourceArn"],
        )
        return identity

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return nothing: there are only inputs."""
        self.aws["lambda"].get_policy(FunctionName=state["function"])
        return {}

    def remove(self, identity: str, state: Properties) -> None:
        """Remove the statement."""
        self.aws["lambda"].remove_permission(FunctionName=state["function"], StatementId=identity)


def _settings(inputs: Properties) -> dict[str, Any]:
    settings = {theirs: inputs[ours] for ours, theirs in _SETTINGS.items() if ours in inputs}
    if "environment" in inputs:
        settings["Environment"] = {"Variables": inputs["environment"]["variables"]}
    return settings
