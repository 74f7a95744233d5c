"""Lambda functions, their permissions and URLs."""

from __future__ import annotations

import io
import sys
import zipfile
from typing import Any

from tests.deploy.provider.core import Kind, renamed
from tests.deploy.provider.values import Properties, content, same

_SETTINGS = {
    "role": "Role",
    "handler": "Handler",
    "runtime": "Runtime",
    "memorySize": "MemorySize",
    "timeout": "Timeout",
    "description": "Description",
}
# The managed runtime starts a wrapper with its interpreter and its own loop as arguments. The
# emulator does not know wrappers, but it runs a `bootstrap` with the Runtime API of a custom
# runtime. It unpacks bundles without their modes, so that a shell has to read the script.
_BOOTSTRAP = f"""#!/bin/sh
wrapper="$LAMBDA_TASK_ROOT/${{AWS_LAMBDA_EXEC_WRAPPER#/var/task/}}"
exec sh "$wrapper" {sys.executable} /var/runtime/bootstrap.py
"""


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
            "tracingConfig",
        }
    )
    replaced_by = frozenset({"name"})
    moving = frozenset({"codeSha256", "lastModified"})

    def make(self, inputs: Properties) -> str:
        """Create the function."""
        name: str = inputs["name"]
        self.aws["lambda"].create_function(
            FunctionName=name,
            Code={"ZipFile": _bundle(inputs)},
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
                ZipFile=_bundle(new),
                Architectures=new["architectures"],
            )
        self.aws["lambda"].update_function_configuration(FunctionName=identity, **_settings(new))

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the function."""
        self.aws["lambda"].delete_function(FunctionName=identity)


class EventInvokeConfig(Kind):
    """What Lambda does with asynchronous calls that fail. The id is the function's name."""

    token = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
    required = frozenset({"functionName", "maximumEventAgeInSeconds", "maximumRetryAttempts"})
    replaced_by = frozenset({"functionName"})

    def make(self, inputs: Properties) -> str:
        """Set the configuration."""
        self.change("", {}, inputs)
        identity: str = inputs["functionName"]
        return identity

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return nothing: there are only inputs."""
        self.aws["lambda"].get_function_event_invoke_config(FunctionName=identity)
        return {}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Write the whole configuration."""
        self.aws["lambda"].put_function_event_invoke_config(**renamed(new))

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the configuration."""
        self.aws["lambda"].delete_function_event_invoke_config(FunctionName=identity)


class Permission(Kind):
    """A statement that allows others to call a function."""

    token = "aws:lambda/permission:Permission"
    required = frozenset({"action", "function", "principal", "statementId"})
    optional = frozenset({"functionUrlAuthType", "invokedViaFunctionUrl", "sourceArn"})
    replaced_by = required | optional

    def make(self, inputs: Properties) -> str:
        """Add the statement."""
        self.aws["lambda"].add_permission(**renamed(inputs, {"function": "FunctionName"}))
        identity: str = inputs["statementId"]
        return identity

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return nothing: there are only inputs."""
        self.aws["lambda"].get_policy(FunctionName=state["function"])
        return {}

    def remove(self, identity: str, state: Properties) -> None:
        """Remove the statement."""
        self.aws["lambda"].remove_permission(FunctionName=state["function"], StatementId=identity)


class FunctionUrl(Kind):
    """The URL of a function. Its id is the function's name."""

    token = "aws:lambda/functionUrl:FunctionUrl"
    required = frozenset({"authorizationType", "functionName"})
    optional = frozenset({"cors", "invokeMode"})
    replaced_by = frozenset({"functionName"})

    def make(self, inputs: Properties) -> str:
        """Create the URL."""
        self.aws["lambda"].create_function_url_config(**_url(inputs))
        identity: str = inputs["functionName"]
        return identity

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the URL, with a slash at its end."""
        url = self.aws["lambda"].get_function_url_config(FunctionName=identity)["FunctionUrl"]
        return {"functionUrl": url, "urlId": url.partition("://")[2].partition(".")[0]}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Update the whole URL."""
        self.aws["lambda"].update_function_url_config(**_url(new))

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the URL."""
        self.aws["lambda"].delete_function_url_config(FunctionName=identity)


def _url(inputs: Properties) -> Properties:
    made: Properties = renamed(inputs, {"authorizationType": "AuthType"})
    return made


def _wrapped(inputs: Properties) -> bool:
    return "AWS_LAMBDA_EXEC_WRAPPER" in inputs.get("environment", {}).get("variables", {})


def _bundle(inputs: Properties) -> bytes:
    """Return the bundle's bytes, with a bootstrap if a wrapper starts the function."""
    bundle = content(inputs["code"])
    if not _wrapped(inputs):
        return bundle
    changed = io.BytesIO(bundle)
    with zipfile.ZipFile(changed, "a") as archive:
        archive.writestr("bootstrap", _BOOTSTRAP)
    return changed.getvalue()


def _settings(inputs: Properties) -> dict[str, Any]:
    settings = {theirs: inputs[ours] for ours, theirs in _SETTINGS.items() if ours in inputs}
    if "environment" in inputs:
        settings["Environment"] = {"Variables": inputs["environment"]["variables"]}
    if _wrapped(inputs):
        settings["Runtime"] = "provided.al2023"
    settings["TracingConfig"] = {
        "Mode": inputs.get("tracingConfig", {"mode": "PassThrough"})["mode"]
    }
    return settings
