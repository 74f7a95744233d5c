"""The stack's secrets: random values, stored in SSM, which the functions read when they start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

# 64 letters and digits have more than 380 bits; S18 requires 256.
_SECRET_LENGTH = 64
_FERNET_KEY_BYTES = 32
# Earlier versions created the CDN's secret as part of the CDN. Deployed stacks keep its value.
_CDN_SECRET = "site-cdn-secret"
_CDN_SECRET_BEFORE = (
    "api-dashboard:aws:DashboardSite$api-dashboard:aws:Cdn$"
    f"random:index/randomPassword:RandomPassword::{_CDN_SECRET}"
)


@dataclass
class SecretsArgs:
    """`base` is the prefix of the parameters' names. `encryption_key_versions` are the versions
    that the functions get, newest first; `retired_key_versions` are older ones that stay in the
    state. `signing_secret` is used in place of the generated one, if it is not empty.
    `invite_code` is empty unless sign-up needs an invite. `cdn` is whether the stack has a CDN.
    `protect` makes Pulumi refuse to delete the secrets without which the table is unreadable.
    """

    base: str
    encryption_key_versions: Sequence[int]
    retired_key_versions: Sequence[int]
    signing_secret: str
    invite_code: str
    cdn: bool
    protect: bool


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
    a parameter decrypt it, so the functions' roles need no permission for a key. A retired
    encryption key stays in the state, because backups of the table from before still need it.
    `by_environment_name` has the parameters by the environment variables that name them.
    `cdn_secret` is None without a CDN.
    """

    by_environment_name: Mapping[str, SecretParameter]
    cdn_secret: pulumi.Output[str] | None

    def __init__(
        self, name: str, args: SecretsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("api-dashboard:aws:Secrets", name, None, opts)
        self._name = name
        self._base = args.base
        self._lasting = pulumi.ResourceOptions(parent=self, protect=args.protect)
        signing = self._random_text(f"{name}-jwt-secret", self._lasting)
        if args.signing_secret:
            # Of the installation that was moved here. Its tokens stay valid.
            signing = _secret(pulumi.Output.from_input(args.signing_secret))
        for version in args.retired_key_versions:
            self._fernet_key(version)
        keys = pulumi.Output.all(*map(self._fernet_key, args.encryption_key_versions))
        parameters = {
            "JWT_SECRET_PARAMETER": self._parameter("jwt-secret", signing, self._lasting),
            "FERNET_KEYS_PARAMETER": self._parameter(
                "fernet-keys", keys.apply(",".join), self._lasting
            ),
        }
        if args.invite_code:
            parameters["INVITE_CODE_PARAMETER"] = self._parameter(
                "invite-code", pulumi.Output.secret(args.invite_code)
            )
        self.cdn_secret = None
        if args.cdn:
            stack = f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}"
            before = pulumi.ResourceOptions(parent=self, aliases=[f"{stack}::{_CDN_SECRET_BEFORE}"])
            self.cdn_secret = self._random_text(_CDN_SECRET, before)
            parameters["CDN_SECRET_PARAMETER"] = self._parameter("cdn-secret", self.cdn_secret)
        self.by_environment_name = parameters
        self.register_outputs({name: parameter.name for name, parameter in parameters.items()})

    def _random_text(self, name: str, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
        made = random.RandomPassword(name, length=_SECRET_LENGTH, special=False, opts=opts)
        return _secret(made.result)

    def _fernet_key(self, version: int) -> pulumi.Output[str]:
        """Create the key of a version in Fernet's format: 32 bytes in URL-safe base64.

        https://github.com/fernet/spec/blob/master/Spec.md
        """
        key = random.RandomBytes(
            f"{self._name}-encryption-key-{version}",
            length=_FERNET_KEY_BYTES,
            opts=pulumi.ResourceOptions.merge(
                self._lasting,
                pulumi.ResourceOptions(additional_secret_outputs=["base64", "hex"]),
            ),
        )
        return _secret(key.base64).apply(_url_safe)

    def _parameter(
        self, name: str, value: pulumi.Output[str], opts: pulumi.ResourceOptions | None = None
    ) -> SecretParameter:
        parameter = aws.ssm.Parameter(
            f"{self._name}-{name}-parameter",
            name=f"/{self._base}/{name}",
            type="SecureString",
            value=_secret(value),
            opts=opts or pulumi.ResourceOptions(parent=self),
        )
        return SecretParameter(parameter.name, parameter.arn, parameter.version)


def _secret(value: pulumi.Output[str]) -> pulumi.Output[str]:
    """Mark an output as secret."""
    secret: pulumi.Output[str] = pulumi.Output.secret(value)
    return secret


def _url_safe(text: str) -> str:
    return text.replace("+", "-").replace("/", "_")
