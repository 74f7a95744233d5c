"""The stack's settings: read, typed and checked before any resource is created.

Pulumi.yaml documents them; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar, get_args

import pulumi
from pulumi.runtime import get_config_env, is_config_secret
from pulumi.runtime.config import CONFIG

SignUp = Literal["open", "invite", "closed"]
SiteMode = Literal["cdn", "website"]
Runtime = Literal["python3.11", "python3.12", "python3.13", "python3.14"]
Architecture = Literal["arm64", "x86_64"]
Choice = TypeVar("Choice", bound=str)

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
)  # fmt: skip
# A standard SSM parameter holds 4 kB; a key takes 44 characters and a comma.
MOST_KEYS = 50
_LONGEST_NAME = 40
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_DOMAIN = re.compile(
    r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]"
)
_CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:us-east-1:[0-9]{12}:certificate/[0-9a-f-]{36}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}")
_PRODUCTION = ("prod", "production")


class SettingRefused(pulumi.RunError):
    """A setting is not valid. The message names it and its allowed values."""


@dataclass(frozen=True)
class StackSettings:
    """All settings, with the names of Pulumi.yaml in snake case. Pulumi.yaml describes them."""

    stack: str
    region: str = "us-east-2"
    name_prefix: str = "api-dashboard"
    sign_up: SignUp = "open"
    invite_code: str = field(default="", repr=False)
    site_mode: SiteMode = "cdn"
    domain: str = ""
    certificate_arn: str = ""
    runtime: Runtime = "python3.13"
    architecture: Architecture = "arm64"
    memory: int = 512
    reserved_concurrency: int = 0
    throttle_rate: int = 50
    throttle_burst: int = 100
    log_retention_days: int = 30
    request_log_days: int = 14
    protect_table: bool = False
    point_in_time_recovery: bool = False
    alert_email: str = ""
    monthly_budget: int = 0
    scheduled_checks: bool = True
    encryption_key_version: int = 1
    oldest_encryption_key_version: int = 1

    @property
    def base(self) -> str:
        """The prefix of all resource names, so that one account can hold several stacks."""
        return f"{self.name_prefix}-{self.stack}"

    @property
    def encryption_key_versions(self) -> tuple[int, ...]:
        """The kept versions of the encryption key, newest first."""
        return tuple(range(self.encryption_key_version, self.oldest_encryption_key_version - 1, -1))


def load_settings() -> StackSettings:
    """Return the settings of the current stack. Raises SettingRefused."""
    prefix = f"{pulumi.get_project()}:"
    every = {**get_config_env(), **CONFIG.get()}
    values = {
        name.removeprefix(prefix): str(value)
        for name, value in every.items()
        if name.startswith(prefix)
    }
    secret = {name for name in values if is_config_secret(prefix + name)}
    return read_stack_settings(
        values, stack=pulumi.get_stack(), region=every.get("aws:region"), secret=secret
    )


def read_stack_settings(
    values: Mapping[str, str],
    *,
    stack: str,
    region: str | None = None,
    secret: Collection[str] = (),
) -> StackSettings:
    """Return the settings in `values` after checking them. Raises SettingRefused.

    `secret` names the settings that are stored encrypted.
    """
    read = _Reader(values)
    production = stack in _PRODUCTION
    settings = StackSettings(
        stack=stack,
        region=region or StackSettings.region,
        name_prefix=read.text("namePrefix", StackSettings.name_prefix),
        sign_up=read.choice("signUp", StackSettings.sign_up, get_args(SignUp)),
        invite_code=read.text("inviteCode", ""),
        site_mode=read.choice("siteMode", StackSettings.site_mode, get_args(SiteMode)),
        domain=read.pattern("domain", _DOMAIN, "a host name such as keys.example.com"),
        certificate_arn=read.pattern(
            "certificateArn",
            _CERTIFICATE,
            "the ARN of an ACM certificate in us-east-1, which CloudFront requires",
        ),
        runtime=read.choice("runtime", StackSettings.runtime, get_args(Runtime)),
        architecture=read.choice(
            "architecture", StackSettings.architecture, get_args(Architecture)
        ),
        memory=read.integer("memory", StackSettings.memory, 128, 10_240),
        reserved_concurrency=read.integer("reservedConcurrency", 0, 0, 10_000),
        throttle_rate=read.integer("throttleRate", StackSettings.throttle_rate, 1, 10_000),
        throttle_burst=read.integer("throttleBurst", StackSettings.throttle_burst, 1, 5_000),
        log_retention_days=read.integer(
            "logRetentionDays", StackSettings.log_retention_days, 1, 3653
        ),
        request_log_days=read.integer("requestLogDays", StackSettings.request_log_days, 1, 365),
        protect_table=read.switch("protectTable", production),
        point_in_time_recovery=read.switch("pointInTimeRecovery", production),
        alert_email=read.pattern("alertEmail", _EMAIL, "an e-mail address"),
        monthly_budget=read.integer("monthlyBudget", 0, 0, 1_000_000),
        scheduled_checks=read.choice("scheduledChecks", "true", ("true", "false")) == "true",
        encryption_key_version=read.integer("encryptionKeyVersion", 1, 1, 10_000),
        oldest_encryption_key_version=read.integer("oldestEncryptionKeyVersion", 1, 1, 10_000),
    )
    read.refuse_unknown()
    _check(settings, secret)
    return settings


def _check(settings: StackSettings, secret: Collection[str]) -> None:
    if not _REGION.fullmatch(settings.region):
        raise SettingRefused("aws:region must be the name of an AWS region such as us-east-2.")
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", settings.base) or (
        len(settings.base) > _LONGEST_NAME
    ):
        raise SettingRefused(
            "namePrefix and the stack's name must together have at most "
            f"{_LONGEST_NAME - 1} lower-case letters, digits and single hyphens, and begin with "
            f"a letter. They are {settings.name_prefix!r} and {settings.stack!r}."
        )
    _check_sign_up(settings, secret)
    if settings.domain and settings.site_mode == "website":
        raise SettingRefused('domain must be empty if siteMode is "website", which has no HTTPS.')
    if bool(settings.domain) != bool(settings.certificate_arn):
        raise SettingRefused("domain and certificateArn must be set together or not at all.")
    if settings.log_retention_days not in RETENTION_DAYS:
        allowed = ", ".join(map(str, RETENTION_DAYS))
        raise SettingRefused(f"logRetentionDays must be one of {allowed}.")
    if settings.monthly_budget and not settings.alert_email:
        raise SettingRefused("monthlyBudget must be 0 unless alertEmail is set.")
    newest = settings.encryption_key_version
    lowest = max(1, newest - MOST_KEYS + 1)
    if not lowest <= settings.oldest_encryption_key_version <= newest:
        raise SettingRefused(
            f"oldestEncryptionKeyVersion must be from {lowest} to encryptionKeyVersion ({newest})."
        )


def _check_sign_up(settings: StackSettings, secret: Collection[str]) -> None:
    if settings.sign_up == "invite" and len(settings.invite_code) < 8:
        raise SettingRefused(
            'inviteCode must have at least 8 characters if signUp is "invite" '
            "(pulumi config set --secret inviteCode ...)."
        )
    if settings.sign_up != "invite" and settings.invite_code:
        raise SettingRefused('inviteCode must be empty unless signUp is "invite".')
    if settings.invite_code and "inviteCode" not in secret:
        raise SettingRefused(
            "inviteCode must be stored encrypted: set it with pulumi config set --secret."
        )


class _Reader:
    """Reads values by name and remembers the names."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._known: list[str] = []

    def text(self, name: str, default: str) -> str:
        self._known.append(name)
        return self._values.get(name, "").strip() or default

    def pattern(self, name: str, pattern: re.Pattern[str], meaning: str) -> str:
        value = self.text(name, "")
        if value and not pattern.fullmatch(value):
            raise SettingRefused(f"{name} must be {meaning}, or empty.")
        return value

    def choice(self, name: str, default: Choice, allowed: tuple[Choice, ...]) -> Choice:
        value = self.text(name, default)
        for candidate in allowed:
            if value == candidate:
                return candidate
        raise SettingRefused(f"{name} must be one of {', '.join(allowed)}.")

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        value = self.text(name, str(default))
        if not (value.isascii() and value.isdigit()) or not low <= int(value) <= high:
            raise SettingRefused(f"{name} must be a whole number from {low} to {high}.")
        return int(value)

    def switch(self, name: str, automatic: bool) -> bool:
        value = self.text(name, "auto")
        if value not in ("auto", "true", "false"):
            raise SettingRefused(f"{name} must be true, false or auto.")
        return automatic if value == "auto" else value == "true"

    def refuse_unknown(self) -> None:
        for name in sorted(set(self._values) - set(self._known)):
            raise SettingRefused(
                f"{name} is not a setting of this stack. The settings are: "
                f"{', '.join(sorted(self._known))}."
            )
