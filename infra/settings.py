"""The stack's settings: read, typed and checked before any resource is created.

Pulumi.yaml documents them; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import pulumi
from pulumi.runtime import get_config_env, is_config_secret
from pulumi.runtime.config import CONFIG

from infra.setting_reader import SettingRefused, StackSettingReader

SignUp = Literal["open", "invite", "closed"]
SiteMode = Literal["cdn", "website"]
Runtime = Literal["python3.11", "python3.12", "python3.13", "python3.14"]
Architecture = Literal["arm64", "x86_64"]

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
)  # fmt: skip
# A standard SSM parameter holds 4 kB; a key takes 44 characters and a comma.
MOST_KEYS = 50
# The site's bucket has the base and a hyphen as its prefix. The provider takes 37 characters, to
# which it appends 26: https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucket/
_LONGEST_NAME = 36
# The names of SSM parameters and S3 buckets must not begin with these:
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_RESERVED_STARTS = ("aws", "ssm", "sthree-", "amzn-s3-demo-")
# https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
_LONGEST_CERTIFICATE_NAME = 64
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_DOMAIN = re.compile(
    r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]"
)
_CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:us-east-1:[0-9]{12}:certificate/[0-9a-f-]{36}")
# The public part of a recovery key (docs/backup-format.md).
_RECIPIENT = re.compile(r"apdp_[0-9a-z]{20,80}")
_TABLE = re.compile(r"[A-Za-z0-9_.-]{3,255}")
# The rule of JWT_SECRET_KEY (api/settings.py).
_LEAST_SECRET_BYTES = 32
_LEAST_DIFFERENT = 10
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}")
# A subset of what API_DASHBOARD_MAIL_FROM accepts, without the wildcards of an ARN.
_SENDER = re.compile(r"(?=.{6,254}\Z)[A-Za-z0-9._+-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
_IDENTITY = re.compile(rf"{_SENDER.pattern}|{_DOMAIN.pattern}")
_PRODUCTION = ("prod", "production")


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
    hosted_zone: str = ""
    runtime: Runtime = "python3.13"
    architecture: Architecture = "arm64"
    memory: int = 512
    reserved_concurrency: int = 0
    proxy_memory: int = 256
    proxy_reserved_concurrency: int = 0
    throttle_rate: int = 50
    throttle_burst: int = 100
    log_retention_days: int = 30
    request_log_days: int = 14
    audit_days: int = 365
    require_second_factor: bool = False
    protect_table: bool = False
    point_in_time_recovery: bool = False
    alert_email: str = ""
    monthly_budget: int = 0
    scheduled_checks: bool = True
    mail_from: str = ""
    mail_identity: str = ""
    cdn_logs: bool = False
    xray: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    encryption_key_version: int = 1
    oldest_encryption_key_version: int = 1
    signing_secret: str = field(default="", repr=False)
    restored_table: str = ""
    backup_bucket: bool = False
    backup_recipient: str = ""
    backup_hours: int = 24
    backup_keep_days: int = 30

    @property
    def base(self) -> str:
        """The prefix of all resource names, so that one account can hold several stacks."""
        return f"{self.name_prefix}-{self.stack}"

    @property
    def encryption_key_versions(self) -> tuple[int, ...]:
        """The versions of the encryption key that the functions get, newest first."""
        return tuple(range(self.encryption_key_version, self.oldest_encryption_key_version - 1, -1))

    @property
    def retired_key_versions(self) -> tuple[int, ...]:
        """The versions that the functions no longer get but the stack keeps, newest first."""
        oldest_kept = max(1, self.encryption_key_version - MOST_KEYS + 1)
        return tuple(range(self.oldest_encryption_key_version - 1, oldest_kept - 1, -1))


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
    read = StackSettingReader(values)
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
        hosted_zone=read.pattern(
            "hostedZone", _DOMAIN, "the name of a Route 53 zone such as example.com"
        ),
        runtime=read.choice("runtime", StackSettings.runtime, get_args(Runtime)),
        architecture=read.choice(
            "architecture", StackSettings.architecture, get_args(Architecture)
        ),
        memory=read.integer("memory", StackSettings.memory, 128, 10_240),
        reserved_concurrency=read.integer("reservedConcurrency", 0, 0, 10_000),
        proxy_memory=read.integer("proxyMemory", StackSettings.proxy_memory, 128, 10_240),
        proxy_reserved_concurrency=read.integer("proxyReservedConcurrency", 0, 0, 10_000),
        throttle_rate=read.integer("throttleRate", StackSettings.throttle_rate, 1, 10_000),
        throttle_burst=read.integer("throttleBurst", StackSettings.throttle_burst, 1, 5_000),
        log_retention_days=read.integer(
            "logRetentionDays", StackSettings.log_retention_days, 1, 3653
        ),
        request_log_days=read.integer("requestLogDays", StackSettings.request_log_days, 1, 365),
        audit_days=read.integer("auditDays", StackSettings.audit_days, 1, 3650),
        require_second_factor=read.switch("requireSecondFactor", default=False),
        protect_table=read.automatic("protectTable", automatic=production),
        point_in_time_recovery=read.automatic("pointInTimeRecovery", automatic=production),
        alert_email=read.pattern("alertEmail", _EMAIL, "an email address"),
        monthly_budget=read.integer("monthlyBudget", 0, 0, 1_000_000),
        scheduled_checks=read.switch("scheduledChecks", default=True),
        mail_from=read.pattern("mailFrom", _SENDER, "an email address such as alerts@example.com"),
        mail_identity=read.pattern(
            "mailIdentity", _IDENTITY, "an email address, or a domain in lower-case letters"
        ),
        cdn_logs=read.switch("cdnLogs", default=False),
        xray=read.switch("xray", default=False),
        tags=read.tags("tags"),
        encryption_key_version=read.integer("encryptionKeyVersion", 1, 1, 10_000),
        oldest_encryption_key_version=read.integer("oldestEncryptionKeyVersion", 1, 1, 10_000),
        signing_secret=read.text("signingSecret", ""),
        restored_table=read.pattern("restoredTable", _TABLE, "the name of a table"),
        backup_bucket=read.switch("backupBucket", default=False),
        backup_recipient=read.pattern(
            "backupRecipient",
            _RECIPIENT,
            "the public part of a recovery key (api-dashboard recovery-key), apdp_...",
        ),
        backup_hours=read.integer("backupHours", StackSettings.backup_hours, 1, 24 * 31),
        backup_keep_days=read.integer("backupKeepDays", StackSettings.backup_keep_days, 1, 3650),
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
    if settings.base.startswith(_RESERVED_STARTS):
        raise SettingRefused(
            "namePrefix and the stack's name must not begin with "
            f"{', '.join(_RESERVED_STARTS)}, which AWS reserves. They are "
            f"{settings.name_prefix!r} and {settings.stack!r}."
        )
    _check_sign_up(settings, secret)
    _check_signing_secret(settings, secret)
    _check_domain(settings)
    _check_mail(settings)
    if settings.backup_recipient and not settings.backup_bucket:
        raise SettingRefused("backupRecipient must be empty unless backupBucket is true.")
    if settings.restored_table == settings.base:
        raise SettingRefused(
            f"restoredTable must be empty or another table than the stack's own, {settings.base}."
        )
    if settings.cdn_logs and settings.site_mode == "website":
        raise SettingRefused('cdnLogs must be false if siteMode is "website", which has no CDN.')
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


def _check_mail(settings: StackSettings) -> None:
    sender, identity = settings.mail_from, settings.mail_identity
    domain = f".{sender.rpartition('@')[2].lower()}"
    if identity and identity != sender and not domain.endswith(f".{identity}"):
        raise SettingRefused(
            "mailIdentity must be empty, mailFrom itself, or the domain of mailFrom "
            f"({sender or 'which is empty'})."
        )


def _check_domain(settings: StackSettings) -> None:
    domain, zone = settings.domain, settings.hosted_zone
    if domain and settings.site_mode == "website":
        raise SettingRefused('domain must be empty if siteMode is "website", which has no HTTPS.')
    if bool(domain) != bool(settings.certificate_arn or zone):
        raise SettingRefused(
            "domain and either certificateArn or hostedZone must be set together or not at all."
        )
    if zone and settings.certificate_arn:
        raise SettingRefused(
            "certificateArn must be empty if hostedZone is set: the stack then creates a "
            "certificate of its own."
        )
    if zone and domain != zone and not domain.endswith(f".{zone}"):
        raise SettingRefused(f"domain must be in hostedZone ({zone}). It is {domain}.")
    if zone and len(domain) > _LONGEST_CERTIFICATE_NAME:
        raise SettingRefused(
            f"domain must have at most {_LONGEST_CERTIFICATE_NAME} characters if hostedZone is "
            "set: AWS issues no certificate for a longer name."
        )


def _check_signing_secret(settings: StackSettings, secret: Collection[str]) -> None:
    value = settings.signing_secret
    if not value:
        return
    if "signingSecret" not in secret:
        raise SettingRefused(
            "signingSecret must be stored encrypted: set it with pulumi config set --secret."
        )
    if len(value.encode()) < _LEAST_SECRET_BYTES or len(set(value)) < _LEAST_DIFFERENT:
        raise SettingRefused(
            f"signingSecret must have at least {_LEAST_SECRET_BYTES} random bytes. "
            "api-dashboard move and restore set it."
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
