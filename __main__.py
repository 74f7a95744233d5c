"""The product on AWS: create the components of `infra/` and export the stack's outputs."""

import pulumi

from infra.account import find_hosted_zone, refuse_blocked_website
from infra.alerts import Alerts, AlertsArgs
from infra.artifacts import build_artifacts
from infra.backups import BackupBucket, BackupBucketArgs, ScheduledBackups, ScheduledBackupsArgs
from infra.cdn_logs import CdnLogs, CdnLogsArgs
from infra.dashboard_site import DashboardSite, DashboardSiteArgs
from infra.domain import (
    DomainCertificate,
    DomainCertificateArgs,
    DomainRecords,
    DomainRecordsArgs,
)
from infra.function import (
    INDEX_ACTIONS,
    TABLE_ACTIONS,
    TIMEOUT,
    Function,
    FunctionArgs,
    MailArgs,
)
from infra.http_api import FunctionRoutes, FunctionRoutesArgs, HttpApi, HttpApiArgs
from infra.key_checks import KeyChecks, KeyChecksArgs
from infra.proxy_function import ProxyFunction, ProxyFunctionArgs
from infra.secrets import Secrets, SecretsArgs
from infra.settings import load_settings
from infra.site_bucket import SiteBucket, SiteBucketArgs
from infra.table import DashboardTable, TableArgs
from infra.tags import tag_resources

settings = load_settings()
refuse_blocked_website(settings.site_mode)
zone_id = find_hosted_zone(settings.hosted_zone) if settings.hosted_zone else ""
artifacts = build_artifacts(settings)
tag_resources(settings.tags)

table = DashboardTable(
    "table",
    TableArgs(
        name=settings.base,
        protect=settings.protect_table,
        point_in_time_recovery=settings.point_in_time_recovery,
        restored=settings.restored_table,
    ),
)
bucket = SiteBucket("site-bucket", SiteBucketArgs(base=settings.base, mode=settings.site_mode))
page_origins = [bucket.website_url] if bucket.website_url else []
api = HttpApi(
    "api",
    HttpApiArgs(
        base=settings.base,
        throttle_rate=settings.throttle_rate,
        throttle_burst=settings.throttle_burst,
        log_retention_days=settings.log_retention_days,
        page_origins=page_origins,
    ),
)
secrets = Secrets(
    "secrets",
    SecretsArgs(
        base=settings.base,
        encryption_key_versions=settings.encryption_key_versions,
        retired_key_versions=settings.retired_key_versions,
        signing_secret=settings.signing_secret,
        invite_code=settings.invite_code,
        cdn=bucket.website_url is None,
        protect=settings.protect_table,
    ),
)
storage: dict[str, pulumi.Input[str]] = {
    "DYNAMODB_TABLE": table.name,
    "API_DASHBOARD_REQUEST_LOG_DAYS": str(settings.request_log_days),
    "API_DASHBOARD_REQUIRE_SECOND_FACTOR": str(settings.require_second_factor).lower(),
}
proxy = ProxyFunction(
    "proxy",
    ProxyFunctionArgs(
        base=settings.base,
        bundle=artifacts.bundle,
        runtime=settings.runtime,
        architecture=settings.architecture,
        memory=settings.proxy_memory,
        reserved_concurrency=settings.proxy_reserved_concurrency,
        log_retention_days=settings.log_retention_days,
        table_arn=table.arn,
        environment=storage,
        parameters=secrets.by_environment_name,
        page_origins=page_origins,
        xray=settings.xray,
    ),
)
certificate_arn: pulumi.Input[str] = settings.certificate_arn
if zone_id:
    certificate_arn = DomainCertificate(
        "certificate", DomainCertificateArgs(domain=settings.domain, zone_id=zone_id)
    ).arn
site = DashboardSite(
    "site",
    DashboardSiteArgs(
        base=settings.base,
        bucket=bucket,
        api_endpoint=api.endpoint,
        proxy_host=proxy.host,
        cdn_secret=secrets.cdn_secret,
        files=artifacts.site,
        domain=settings.domain,
        certificate_arn=certificate_arn,
    ),
)
if site.cdn and zone_id:
    DomainRecords(
        "domain",
        DomainRecordsArgs(
            domain=settings.domain,
            zone_id=zone_id,
            cdn_domain=site.cdn.domain,
            cdn_zone_id=site.cdn.zone_id,
        ),
    )
if site.cdn and settings.cdn_logs:
    CdnLogs(
        "cdn-logs",
        CdnLogsArgs(
            base=settings.base,
            distribution_arn=site.cdn.arn,
            log_retention_days=settings.log_retention_days,
        ),
    )
function = Function(
    "function",
    FunctionArgs(
        name=settings.base,
        purpose="API",
        bundle=artifacts.bundle,
        runtime=settings.runtime,
        architecture=settings.architecture,
        timeout=TIMEOUT,
        memory=settings.memory,
        reserved_concurrency=settings.reserved_concurrency,
        log_retention_days=settings.log_retention_days,
        table_arn=table.arn,
        table_actions=TABLE_ACTIONS,
        index_actions=INDEX_ACTIONS,
        environment={
            **storage,
            "API_DASHBOARD_AUDIT_DAYS": str(settings.audit_days),
            "API_DASHBOARD_SIGN_UP": settings.sign_up,
            "API_DASHBOARD_SCHEDULED_CHECKS": str(settings.scheduled_checks).lower(),
            "API_DASHBOARD_PROXY_URL": proxy.url,
            "API_DASHBOARD_PROXY_MEMORY": str(settings.proxy_memory),
            **({"API_DASHBOARD_MAIL_FROM": settings.mail_from} if settings.mail_from else {}),
            **({"API_DASHBOARD_PUBLIC_URL": site.cdn.url} if site.cdn else {}),
        },
        parameters=secrets.by_environment_name,
        xray=settings.xray,
        mail=(
            MailArgs(settings.mail_from, settings.mail_identity or settings.mail_from)
            if settings.mail_from
            else None
        ),
    ),
)
FunctionRoutes("routes", FunctionRoutesArgs(api=api, function=function))
KeyChecks("key-checks", KeyChecksArgs(base=settings.base, function=function))
backups = (
    BackupBucket(
        "backups",
        BackupBucketArgs(
            base=settings.base,
            keep_days=settings.backup_keep_days,
            protect=settings.protect_table,
        ),
    )
    if settings.backup_bucket
    else None
)
scheduled_backups = (
    ScheduledBackups(
        "scheduled-backups",
        ScheduledBackupsArgs(
            base=settings.base,
            bucket=backups,
            recipient=settings.backup_recipient,
            hours=settings.backup_hours,
            bundle=artifacts.bundle,
            runtime=settings.runtime,
            architecture=settings.architecture,
            log_retention_days=settings.log_retention_days,
            table_name=table.name,
            table_arn=table.arn,
            parameters=secrets.by_environment_name,
        ),
    )
    if backups and settings.backup_recipient
    else None
)
Alerts(
    "alerts",
    AlertsArgs(
        base=settings.base,
        function=function,
        proxy=proxy.function,
        proxy_concurrency=settings.proxy_reserved_concurrency,
        backup=scheduled_backups.function if scheduled_backups else None,
        backup_hours=settings.backup_hours,
        email=settings.alert_email,
        monthly_budget=settings.monthly_budget,
    ),
)

if settings.protect_table and not settings.alert_email:
    pulumi.warn("The alarms of this stack notify nobody. Set alertEmail, then run pulumi up.")

pulumi.export("DYNAMODB_TABLE", table.name)
pulumi.export("S3_BUCKET", bucket.name)
pulumi.export("LAMBDA_ROLE_ARN", function.role_arn)
pulumi.export("API_GATEWAY_ID", api.id)
pulumi.export("API_GATEWAY_URL", api.endpoint)
pulumi.export("REGION", settings.region)
pulumi.export("DASHBOARD_URL", site.url)
pulumi.export("FUNCTION_NAME", function.name)
pulumi.export("LOG_GROUP", function.log_group)
pulumi.export("PROXY_URL", proxy.url)
pulumi.export("PROXY_FUNCTION_NAME", proxy.function.name)
pulumi.export("PROXY_LOG_GROUP", proxy.function.log_group)
if backups:
    pulumi.export("BACKUP_BUCKET", backups.name)
if site.cdn:
    pulumi.export("CDN_DOMAIN", site.cdn.domain)
pulumi.export("S3_WEBSITE_URL", "" if site.cdn else site.url)
