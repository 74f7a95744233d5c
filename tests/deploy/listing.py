"""List all resources of an account, to find what a destroyed stack leaves behind."""

from __future__ import annotations

from typing import Any

from tests.deploy.emulator import REGION, Emulator
from tests.deploy.provider.aws import ACCOUNT

# Service, call, arguments, member of the response with the list, member with the name.
_LISTINGS: tuple[tuple[str, str, dict[str, str], str, str | None], ...] = (
    ("acm", "list_certificates", {}, "CertificateSummaryList", "CertificateArn"),
    ("apigatewayv2", "get_apis", {}, "Items", "ApiId"),
    ("budgets", "describe_budgets", {"AccountId": ACCOUNT}, "Budgets", "BudgetName"),
    (
        "cloudfront",
        "list_cache_policies",
        {"Type": "custom"},
        "CachePolicyList.Items",
        "CachePolicy.Id",
    ),
    ("cloudfront", "list_distributions", {}, "DistributionList.Items", "Id"),
    ("cloudfront", "list_functions", {}, "FunctionList.Items", "Name"),
    ("cloudfront", "list_origin_access_controls", {}, "OriginAccessControlList.Items", "Id"),
    (
        "cloudfront",
        "list_origin_request_policies",
        {"Type": "custom"},
        "OriginRequestPolicyList.Items",
        "OriginRequestPolicy.Id",
    ),
    (
        "cloudfront",
        "list_response_headers_policies",
        {"Type": "custom"},
        "ResponseHeadersPolicyList.Items",
        "ResponseHeadersPolicy.Id",
    ),
    ("cloudwatch", "describe_alarms", {}, "MetricAlarms", "AlarmName"),
    ("dynamodb", "list_tables", {}, "TableNames", None),
    ("dynamodb", "list_backups", {}, "BackupSummaries", "BackupName"),
    ("events", "list_rules", {}, "Rules", "Name"),
    ("iam", "list_policies", {"Scope": "Local"}, "Policies", "PolicyName"),
    ("iam", "list_roles", {}, "Roles", "RoleName"),
    ("kms", "list_keys", {}, "Keys", "KeyId"),
    ("lambda", "list_functions", {}, "Functions", "FunctionName"),
    ("lambda", "list_layers", {}, "Layers", "LayerName"),
    ("logs", "describe_log_groups", {}, "logGroups", "logGroupName"),
    ("logs", "describe_metric_filters", {}, "metricFilters", "filterName"),
    ("logs", "describe_deliveries", {}, "deliveries", "id"),
    ("logs", "describe_delivery_destinations", {}, "deliveryDestinations", "name"),
    ("logs", "describe_delivery_sources", {}, "deliverySources", "name"),
    ("s3", "list_buckets", {}, "Buckets", "Name"),
    ("secretsmanager", "list_secrets", {}, "SecretList", "Name"),
    ("sns", "list_subscriptions", {}, "Subscriptions", "SubscriptionArn"),
    ("sns", "list_topics", {}, "Topics", "TopicArn"),
    ("ssm", "describe_parameters", {}, "Parameters", "Name"),
)
# CloudFront needs these in us-east-1.
_REGIONS = dict.fromkeys(("acm", "logs"), (REGION, "us-east-1"))


def everything(emulator: Emulator) -> list[str]:
    """Return the resources of the account as `service call: name`."""
    return [
        f"{service} {call}: {_at(item, name) if name else item}"
        for service, call, arguments, place, name in _LISTINGS
        for region in _REGIONS.get(service, (REGION,))
        for item in _at(getattr(emulator.client(service, region), call)(**arguments), place)
    ]


def _at(answer: Any, place: str) -> Any:
    for step in place.split("."):
        answer = answer.get(step, [])
    return answer
