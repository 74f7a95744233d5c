"""The stack's secrets: made at random, kept by SSM, read by the function when it starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

# Letters and digits: 64 of them carry more than 380 bits, and S18 asks for 256.
_SIGNING_SECRET_LENGTH = 64
_FERNET_KEY_BYTES = 32


@dataclass
class SecretsArgs:
    """`base` begins the parameters' names. `encryption_key_versions` are kept, newest first;
    `invite_code` is empty where sign-up is not by invite, `cdn_secret` None where there is no CDN.
    """

    base: str
    encryption_key_versions: Sequence[int]
    invite_code: str
    cdn_secret: pulumi.Output[str] | None


@dataclass(frozen=True)
class SecretParameter:
    """Where a secret is. `version` rises with each change of its value."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    version: pulumi.Output[int]


class Secrets(pulumi.ComponentResource):
    """Signing secret, encryption keys, invite code and the CDN's secret as SecureString parameters;
    nothing else in the stack holds them but Pulumi's state, encrypted, and the CDN its own (S18,
    S38).

    AWS's own key for SSM encrypts them: it costs nothing, and its policy lets whoever may read a
    parameter decrypt it, so that the function's role needs no permission on a key.
    `by_environment_name`: each under the name that tells the API where to look.
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
        """A version's key as Fernet wants it: 32 bytes in URL-safe base64.

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
    """Secret whatever its source says of it."""
    secret: pulumi.Output[str] = pulumi.Output.secret(value)
    return secret


def _url_safe(text: str) -> str:
    return text.replace("+", "-").replace("/", "_")
