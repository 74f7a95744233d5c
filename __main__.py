"""The product on AWS: create the components of `infra/` and export the stack's outputs."""

import pulumi

from infra.account import refuse_blocked_website
from infra.alerts import Alerts, AlertsArgs
from infra.artifacts import build_artifacts
from infra.dashboard_site import DashboardSite, DashboardSiteArgs
from infra.function import Function, FunctionArgs
from infra.http_api import FunctionRoutes, FunctionRoutesArgs, HttpApi, HttpApiArgs
from infra.key_checks import KeyChecks, KeyChecksArgs
from infra.secrets import Secrets, SecretsArgs
from infra.settings import load_settings
from infra.site_bucket import SiteBucket, SiteBucketArgs
from infra.table import Table, TableArgs

settings = load_settings()
refuse_blocked_website(settings.site_mode)
artifacts = build_artifacts(settings)

table = Table(
    "table",
    TableArgs(
        name=settings.base,
        protect=settings.protect_table,
        point_in_time_recovery=settings.point_in_time_recovery,
    ),
)
bucket = SiteBucket("site-bucket", SiteBucketArgs(base=settings.base, mode=settings.site_mode))
api = HttpApi(
    "api",
    HttpApiArgs(
        base=settings.base,
        throttle_rate=settings.throttle_rate,
        throttle_burst=settings.throttle_burst,
        log_retention_days=settings.log_retention_days,
        page_origins=[bucket.website_url] if bucket.website_url else [],
    ),
)
site = DashboardSite(
    "site",
    DashboardSiteArgs(
        base=settings.base,
        bucket=bucket,
        api_endpoint=api.endpoint,
        files=artifacts.site,
        domain=settings.domain,
        certificate_arn=settings.certificate_arn,
    ),
)
secrets = Secrets(
    "secrets",
    SecretsArgs(
        base=settings.base,
        encryption_key_versions=settings.encryption_key_versions,
        invite_code=settings.invite_code,
        cdn_secret=site.cdn.secret if site.cdn else None,
    ),
)
function = Function(
    "function",
    FunctionArgs(
        name=settings.base,
        bundle=artifacts.bundle,
        runtime=settings.runtime,
        architecture=settings.architecture,
        memory=settings.memory,
        reserved_concurrency=settings.reserved_concurrency,
        log_retention_days=settings.log_retention_days,
        table_arn=table.arn,
        environment={
            "DYNAMODB_TABLE": table.name,
            "API_DASHBOARD_SIGN_UP": settings.sign_up,
            "API_DASHBOARD_REQUEST_LOG_DAYS": str(settings.request_log_days),
            **({"API_DASHBOARD_PUBLIC_URL": site.cdn.url} if site.cdn else {}),
        },
        parameters=secrets.by_environment_name,
        scheduled_checks=settings.scheduled_checks,
    ),
)
FunctionRoutes("routes", FunctionRoutesArgs(api=api, function=function))
if settings.scheduled_checks:
    KeyChecks("key-checks", KeyChecksArgs(base=settings.base, function=function))
Alerts(
    "alerts",
    AlertsArgs(
        base=settings.base,
        function_name=function.name,
        api_id=api.id,
        email=settings.alert_email,
        monthly_budget=settings.monthly_budget,
    ),
)

pulumi.export("DYNAMODB_TABLE", table.name)
pulumi.export("S3_BUCKET", bucket.name)
pulumi.export("LAMBDA_ROLE_ARN", function.role_arn)
pulumi.export("API_GATEWAY_ID", api.id)
pulumi.export("API_GATEWAY_URL", api.endpoint)
pulumi.export("REGION", settings.region)
pulumi.export("DASHBOARD_URL", site.url)
pulumi.export("FUNCTION_NAME", function.name)
pulumi.export("LOG_GROUP", function.log_group)
if site.cdn:
    pulumi.export("CDN_DOMAIN", site.cdn.domain)
else:
    pulumi.export("S3_WEBSITE_URL", site.url)
