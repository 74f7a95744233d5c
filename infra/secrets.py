"""The stack's secrets: random values, stored in SSM, which the function reads when it starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

# 64 letters and digits have more than 380 bits; S18 requires 256.
_SIGNING_SECRET_LENGTH = 64
_FERNET_KEY_BYTES = 32


@dataclass
class SecretsArgs:
    """`base` is the prefix of the parameters' names. `encryption_key_versions` are the versions to
    keep, newest first. `invite_code` is empty unless sign-up needs an invite, and `cdn_secret` is
    None without a CDN.
    """

    base: str
    encryption_key_versions: Sequence[int]
    invite_code: str
    cdn_secret: pulumi.Output[str] | None


@dataclass(frozen=True)
class SecretParameter:
    """The SSM parameter of a secret. `version` increases with each change of the value."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    version: pulumi.Output[int]


class Secrets(pulumi.ComponentResource):
    """The signing secret, the encryption keys, the invite code and the CDN's secret as SecureString
    parameters. They are also in Pulumi's state, encrypted, and the CDN holds its own (S18, S38).

    AWS's managed key for SSM encrypts them. It is free, and its policy lets everyone who may read
    a parameter decrypt it, so the function's role needs no permission for a key.
    `by_environment_name` has the parameters by the environment variables that name them.
    """

    by_environment_name: Mapping[str, SecretParameter]

    def __init__(
        self, name: str, args: SecretsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("api-dashboard:aws:Secrets", name, None, opts)
        self._name = name
        self._base = args.base
        signing = random.RandomPassword(
            f"{name}-jwt-secret",
            length=_SIGNING_SECRET_LENGTH,
            special=False,
            opts=pulumi.ResourceOptions(parent=self),
        )
        keys = pulumi.Output.all(*map(self._fernet_key, args.encryption_key_versions))
        parameters = {
            "JWT_SECRET_PARAMETER": self._parameter("jwt-secret", signing.result),
            "FERNET_KEYS_PARAMETER": self._parameter("fernet-keys", keys.apply(",".join)),
        }
        if args.invite_code:
            parameters["INVITE_CODE_PARAMETER"] = self._parameter(
                "invite-code", pulumi.Output.secret(args.invite_code)
            )
        if args.cdn_secret is not None:
            parameters["CDN_SECRET_PARAMETER"] = self._parameter("cdn-secret", args.cdn_secret)
        self.by_environment_name = parameters
        self.register_outputs({name: parameter.name for name, parameter in parameters.items()})

    def _fernet_key(self, version: int) -> pulumi.Output[str]:
        """Create the key of a version in Fernet's format: 32 bytes in URL-safe base64.

        https://github.com/fernet/spec/blob/master/Spec.md
        """
        key = random.RandomBytes(
            f"{self._name}-encryption-key-{version}",
            length=_FERNET_KEY_BYTES,
            opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=["base64", "hex"]),
        )
        return _secret(key.base64).apply(_url_safe)

    def _parameter(self, name: str, value: pulumi.Output[str]) -> SecretParameter:
        parameter = aws.ssm.Parameter(
            f"{self._name}-{name}-parameter",
            name=f"/{self._base}/{name}",
            type="SecureString",
            value=_secret(value),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return SecretParameter(parameter.name, parameter.arn, parameter.version)


def _secret(value: pulumi.Output[str]) -> pulumi.Output[str]:
    """Mark an output as secret."""
    secret: pulumi.Output[str] = pulumi.Output.secret(value)
    return secret


def _url_safe(text: str) -> str:
    return text.replace("+", "-").replace("/", "_")
