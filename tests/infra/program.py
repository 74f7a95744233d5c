"""The Pulumi program with Pulumi's mocks: its resources, their inputs and the outputs.

It runs in a separate process (`python -m tests.infra.program`) because Pulumi leaves event loops
open. One process serves many runs.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import set_all_config
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "api-dashboard"
REGION = "us-east-2"
ACCOUNT = "123456789012"
ZONES = ("example.com",)
PROXY_HOST = f"0123456789abcdef0123456789abcdef.lambda-url.{REGION}.on.aws"

# How Pulumi's protocol marks a secret value.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"


@dataclass(frozen=True)
class Resource:
    """A resource that the program registers. `retain` is whether it stays when the
    stack is destroyed, and `secret` names the inputs that are marked secret."""

    type: str
    name: str
    inputs: dict[str, Any]
    protect: bool
    retain: bool
    secret: tuple[str, ...]
    parent: str
    depends_on: tuple[str, ...]
    aliases: list[str]


@dataclass(frozen=True)
class Deployment:
    """The resources, the outputs and the warnings of one run of the program."""

    resources: tuple[Resource, ...]
    outputs: dict[str, Any]
    warnings: tuple[str, ...]

    def all(self, kind: str) -> list[Resource]:
        """Return all resources of a type, given by its end: `s3/bucket:Bucket` or `Bucket`."""
        return [
            resource
            for resource in self.resources
            if resource.type.endswith(f":{kind}") or resource.type.rpartition(":")[2] == kind
        ]

    def one(self, kind: str, name: str | None = None) -> dict[str, Any]:
        """Return the inputs of the only resource of a type, or of the one with this name."""
        (found,) = [one for one in self.all(kind) if name in (None, one.name)]
        return found.inputs

    def policy(self, kind: str, name: str | None = None) -> list[dict[str, Any]]:
        """Return the statements of the only policy of a type, or of the one with this name."""
        statements: list[dict[str, Any]] = json.loads(self.one(kind, name)["policy"])["Statement"]
        return statements


class Refused(Exception):
    """The program ended with this message before it registered a resource."""


class Program:
    """A process that runs the program."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.infra.program"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(
        self,
        stack: str = "dev",
        secret: Mapping[str, str] | None = None,
        account_block: Mapping[str, bool] | None = None,
        **settings: str,
    ) -> Deployment:
        """Run the program as `run` does, with the settings as keyword arguments."""
        return self.run(stack, settings, secret, account_block)

    def run(
        self,
        stack: str,
        settings: Mapping[str, str],
        secret: Mapping[str, str] | None = None,
        account_block: Mapping[str, bool] | None = None,
    ) -> Deployment:
        """Run the program with these settings and the encrypted settings `secret`.

        `account_block` is the account's block of public buckets. Raises Refused.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        order = {
            "stack": stack,
            "secret": secret or {},
            "account_block": account_block,
            "settings": settings,
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "refused" in answer:
            assert answer["asked_for"] == 0, "resources were touched before the refusal"
            raise Refused(answer["refused"])
        resources = tuple(Resource(**members) for members in answer["resources"])
        return Deployment(resources, answer["outputs"], tuple(answer["warnings"]))

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


class _Mocks(Mocks):
    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        return f"{args.name}-id", {**args.inputs, **_computed(args.typ, args.name, args.inputs)}

    def __init__(self, account_block: Mapping[str, bool] | None) -> None:
        self._account_block = account_block

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        if args.token == "aws:route53/getZone:getZone":
            if args.args["name"] not in ZONES:
                return {}, [("", "no matching Route 53 Hosted Zone found")]
            return {**args.args, "zoneId": f"zone-of-{args.args['name']}"}, []
        if args.token == "aws:dynamodb/getTable:getTable":
            name = args.args["name"]
            arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"
            return {**args.args, "id": name, "arn": arn}, []
        assert args.token == "aws:s3/getAccountPublicAccessBlock:getAccountPublicAccessBlock"
        if self._account_block is None:
            return {}, [("", "couldn't find resource")]  # the provider's message
        return {"id": ACCOUNT, **self._account_block}, []


class _Collector(logging.Handler):
    """Adds each message to a list."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__()
        self._messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        """Add a message."""
        self._messages.append(record.getMessage())


class _Monitor(MockMonitor):
    def __init__(self, mocks: Mocks) -> None:
        super().__init__(mocks)
        self.made: list[Resource] = []

    def RegisterResource(self, request: Any) -> Any:
        answer = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.custom:
            secret = {name for name, value in request.object.fields.items() if _is_secret(value)}
            inputs = pulumi.runtime.rpc.deserialize_properties(request.object)
            self.made.append(
                Resource(
                    request.type,
                    request.name,
                    {key: pulumi.runtime.rpc.unwrap_rpc_secret(v) for key, v in inputs.items()},
                    request.protect,
                    request.retainOnDelete,
                    tuple(sorted(secret)),
                    request.parent,
                    tuple(urn.rpartition("::")[2] for urn in request.dependencies),
                    [alias.urn for alias in request.aliases],
                )
            )
        return answer


def _is_secret(value: Any) -> bool:
    """Return whether a value in Pulumi's protocol is or contains a secret."""
    fields = value.struct_value.fields
    return (
        (_SIGNATURE in fields and fields[_SIGNATURE].string_value == _SECRET)
        or any(map(_is_secret, fields.values()))
        or any(map(_is_secret, value.list_value.values))
    )


def _computed(kind: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs that AWS would compute."""
    own = inputs.get("name", name)
    match kind.rpartition(":")[2]:
        case "Table":
            return {"arn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{own}"}
        case "Parameter":
            return {"arn": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{own}", "version": 7}
        case "LogGroup":
            return {"arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{own}"}
        case "Role":
            return {"arn": f"arn:aws:iam::{ACCOUNT}:role/{own}"}
        case "Function":
            arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{own}"
            return {"arn": arn, "invokeArn": f"{arn}/invocations"}
        case "FunctionUrl":
            return {"functionUrl": f"https://{PROXY_HOST}/"}
        case "Api":
            return {
                "apiEndpoint": f"https://abc123.execute-api.{REGION}.amazonaws.com",
                "executionArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:abc123",
            }
        case "Bucket":
            return {
                "arn": f"arn:aws:s3:::{name}-id",
                "bucketRegionalDomainName": f"{name}-id.s3.{REGION}.amazonaws.com",
            }
        case "BucketWebsiteConfiguration":
            return {"websiteEndpoint": f"{inputs['bucket']}.s3-website.{REGION}.amazonaws.com"}
        case "Distribution":
            return {
                "arn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1",
                "domainName": "d111111abcdef8.cloudfront.net",
                "hostedZoneId": "Z2FDTNDATAQYW2",
            }
        case "Certificate":
            return {
                "arn": f"arn:aws:acm:{inputs['region']}:{ACCOUNT}:certificate/made",
                "domainValidationOptions": [
                    {
                        "resourceRecordName": f"_proof.{inputs['domainName']}.",
                        "resourceRecordType": "CNAME",
                        "resourceRecordValue": "_proof.acm-validations.aws.",
                    }
                ],
            }
        case "Record":
            return {"fqdn": inputs["name"].rstrip(".")}
        case "LogDeliveryDestination":
            return {"arn": f"arn:aws:logs:{inputs['region']}:{ACCOUNT}:destination:{own}"}
        case "EventRule":
            return {"arn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{own}"}
        case "Topic":
            return {"arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:{own}"}
        case "RandomPassword":
            return {"result": f"{name}-{'0123456789abcdefghijABCDEFGHIJ' * 2}"}
        case "RandomBytes":
            version = int(name.rpartition("-")[2])
            # Bytes whose base64 has both characters that URL-safe base64 replaces.
            return {"base64": "+/+/" * 10 + f"{'ABCDEFGH'[version % 8]}AA="}
    return {}


def _run(order: dict[str, Any]) -> dict[str, Any]:
    monitor = _Monitor(_Mocks(order["account_block"]))
    logger = logging.Logger(PROJECT, logging.WARNING)
    warnings: list[str] = []
    logger.addHandler(_Collector(warnings))
    set_mocks(monitor.mocks, PROJECT, order["stack"], preview=False, logger=logger, monitor=monitor)
    values = {**order["settings"], **order["secret"]}
    set_all_config(
        {"aws:region": REGION, **{f"{PROJECT}:{name}": value for name, value in values.items()}},
        [f"{PROJECT}:{name}" for name in order["secret"]],
    )
    outputs: dict[str, Any] = {}

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[None]:
        stack = pulumi.runtime.get_root_resource()
        assert isinstance(stack, Stack)
        stack.outputs.clear()  # outputs of an earlier run
        stack._transformations.clear()  # its tags
        runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
        return pulumi.Output.all(**stack.outputs).apply(outputs.update)

    try:
        program()
    except pulumi.RunError as error:
        return {"refused": str(error), "asked_for": len(monitor.made)}
    return {
        "resources": [dataclasses.asdict(one) for one in monitor.made],
        "outputs": outputs,
        "warnings": warnings,
    }


def _encoded(value: Any) -> Any:
    """Return an archive or asset as its path."""
    return {"path": value.path}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(_run(json.loads(line)), default=_encoded), flush=True)
