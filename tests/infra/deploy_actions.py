"""The IAM actions that Pulumi's AWS provider needs for each resource type of the program.

Sources: the provider's code for create, read, update and delete
(https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service), and the Service
Authorization Reference for the names of the actions
(https://docs.aws.amazon.com/service-authorization/latest/reference/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

REGION = "us-east-2"
ACCOUNT = "123456789012"


@dataclass(frozen=True)
class Needed:
    """Actions on one ARN. `{name}` in the ARN stands for the resource's own input."""

    arn: str
    actions: tuple[str, ...]

    def arn_of(self, inputs: Mapping[str, Any]) -> str:
        """Return the ARN for a resource with these inputs."""
        return self.arn.format_map(inputs)


def needed(service: str, resource: str, actions: str, region: str = REGION) -> Needed:
    """Return actions on `arn:aws:{service}:…:{resource}`, or on everything if `resource` is *."""
    account = "" if service == "s3" else ACCOUNT
    place = f"{'' if service in GLOBAL else region}:{account}"
    arn = "*" if resource == "*" else f"arn:aws:{service}:{place}:{resource}"
    return Needed(arn, tuple(f"{service}:{action}" for action in actions.split()))


GLOBAL = ("iam", "s3", "budgets", "cloudfront", "route53")
TAGS = "ListTagsForResource TagResource UntagResource"
_TABLE = needed(
    "dynamodb",
    "table/{name}",
    "CreateTable DeleteTable DescribeContinuousBackups DescribeTable DescribeTimeToLive "
    "ListTagsOfResource TagResource UntagResource UpdateContinuousBackups UpdateTable "
    "UpdateTimeToLive",
)
_ROLE = needed(
    "iam",
    "role/{name}",
    "CreateRole DeleteRole GetRole ListAttachedRolePolicies ListInstanceProfilesForRole "
    "ListRolePolicies PassRole TagRole UntagRole UpdateAssumeRolePolicy UpdateRole "
    "UpdateRoleDescription",
)
_FUNCTION = needed(
    "lambda",
    "function:{name}",
    "CreateFunction DeleteFunction DeleteFunctionConcurrency GetFunction "
    "GetFunctionCodeSigningConfig GetFunctionConfiguration ListTags ListVersionsByFunction "
    "PutFunctionConcurrency TagResource UntagResource UpdateFunctionCode "
    "UpdateFunctionConfiguration",
)
_HTTP_API = Needed(
    f"arn:aws:apigateway:{REGION}::/apis/0123",
    tuple(f"apigateway:{method}" for method in ("DELETE", "GET", "PATCH", "POST", "PUT")),
)
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html
_ACCESS_LOG = needed(
    "logs",
    "*",
    "CreateLogDelivery DeleteLogDelivery DescribeLogGroups DescribeResourcePolicies GetLogDelivery "
    "ListLogDeliveries PutResourcePolicy UpdateLogDelivery",
)
_LOG_GROUP = (
    needed(
        "logs",
        "log-group:{name}",
        f"CreateLogGroup DeleteLogGroup DeleteRetentionPolicy PutRetentionPolicy {TAGS}",
        "{region}",
    ),
    needed("logs", "*", "DescribeLogGroups"),
)
_BUCKET = "{bucketPrefix}0123"
_OF_BUCKET = "api-dashboard-dev-0123"


def _bucket(actions: str, resource: str = _OF_BUCKET) -> tuple[Needed, ...]:
    return (needed("s3", resource, actions),)


def _cloudfront(actions: str) -> tuple[Needed, ...]:
    return (needed("cloudfront", "*", actions),)


ACTIONS: dict[str, tuple[Needed, ...]] = {
    "aws:acm/certificate:Certificate": (
        needed(
            "acm",
            "*",
            "AddTagsToCertificate DeleteCertificate DescribeCertificate ListTagsForCertificate "
            "RemoveTagsFromCertificate RequestCertificate",
        ),
    ),
    "aws:acm/certificateValidation:CertificateValidation": (
        needed("acm", "*", "DescribeCertificate GetCertificate"),
    ),
    "aws:apigatewayv2/api:Api": (
        _HTTP_API,
        needed(
            "iam",
            "role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway",
            "CreateServiceLinkedRole",
        ),
        Needed(f"arn:aws:apigateway:{REGION}::/apis", ("apigateway:POST",)),
        Needed(f"arn:aws:apigateway:{REGION}::/tags/0123", ("apigateway:POST",)),
    ),
    "aws:apigatewayv2/integration:Integration": (_HTTP_API,),
    "aws:apigatewayv2/route:Route": (_HTTP_API,),
    "aws:apigatewayv2/stage:Stage": (_HTTP_API, _ACCESS_LOG),
    "aws:budgets/budget:Budget": (
        needed("budgets", "budget/{name}", f"ModifyBudget ViewBudget {TAGS}"),
    ),
    "aws:cloudfront/distribution:Distribution": _cloudfront(
        "CreateDistribution DeleteDistribution GetDistribution GetDistributionConfig "
        f"UpdateDistribution {TAGS}"
    ),
    "aws:cloudfront/function:Function": _cloudfront(
        "CreateFunction DeleteFunction DescribeFunction GetFunction PublishFunction UpdateFunction"
    ),
    "aws:cloudfront/originAccessControl:OriginAccessControl": _cloudfront(
        "CreateOriginAccessControl DeleteOriginAccessControl GetOriginAccessControl "
        "UpdateOriginAccessControl"
    ),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": _cloudfront(
        "CreateResponseHeadersPolicy DeleteResponseHeadersPolicy GetResponseHeadersPolicy "
        "UpdateResponseHeadersPolicy"
    ),
    "aws:cloudwatch/eventRule:EventRule": (
        needed("events", "rule/{name}", f"DeleteRule DescribeRule PutRule {TAGS}"),
    ),
    "aws:cloudwatch/eventTarget:EventTarget": (
        needed("events", "rule/{rule}", "ListTargetsByRule PutTargets RemoveTargets"),
    ),
    "aws:cloudwatch/logDelivery:LogDelivery": (
        needed(
            "logs",
            "delivery:0123",
            f"CreateDelivery DeleteDelivery GetDelivery UpdateDeliveryConfiguration {TAGS}",
            "us-east-1",
        ),
        needed("logs", "*", "DescribeDeliveries"),
    ),
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": (
        needed(
            "logs",
            "delivery-destination:{name}",
            f"DeleteDeliveryDestination GetDeliveryDestination PutDeliveryDestination {TAGS}",
            "us-east-1",
        ),
    ),
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": (
        needed(
            "logs",
            "delivery-source:{name}",
            f"DeleteDeliverySource GetDeliverySource PutDeliverySource {TAGS}",
            "us-east-1",
        ),
        needed("cloudfront", "*", "AllowVendedLogDeliveryForResource"),
        _ACCESS_LOG,
    ),
    "aws:cloudwatch/logGroup:LogGroup": _LOG_GROUP,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": (
        needed(
            "logs",
            "log-group:{logGroupName}",
            "DeleteMetricFilter DescribeMetricFilters PutMetricFilter",
        ),
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": (
        needed("cloudwatch", "alarm:{name}", f"DeleteAlarms PutMetricAlarm {TAGS}"),
        needed("cloudwatch", "*", "DescribeAlarms"),
    ),
    "aws:dynamodb/table:Table": (_TABLE,),
    "aws:iam/role:Role": (_ROLE,),
    "aws:iam/rolePolicy:RolePolicy": (
        needed("iam", "role/{role}", "DeleteRolePolicy GetRolePolicy PutRolePolicy"),
    ),
    "aws:lambda/function:Function": (_FUNCTION,),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": (
        needed(
            "lambda",
            "function:{functionName}",
            "DeleteFunctionEventInvokeConfig GetFunctionEventInvokeConfig "
            "PutFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig",
        ),
    ),
    "aws:lambda/functionUrl:FunctionUrl": (
        needed(
            "lambda",
            "function:{functionName}",
            "AddPermission CreateFunctionUrlConfig DeleteFunctionUrlConfig GetFunctionUrlConfig "
            "UpdateFunctionUrlConfig",
        ),
    ),
    "aws:lambda/permission:Permission": (
        needed("lambda", "function:{function}", "AddPermission GetPolicy RemovePermission"),
    ),
    "aws:route53/record:Record": (
        needed(
            "route53",
            "*",
            "ChangeResourceRecordSets GetChange GetHostedZone ListHostedZones "
            "ListResourceRecordSets ListTagsForResource",
        ),
    ),
    "aws:s3/bucket:Bucket": _bucket(
        "CreateBucket DeleteBucket DeleteObject DeleteObjectVersion GetAccelerateConfiguration "
        "GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging "
        "GetBucketObjectLockConfiguration GetBucketPolicy GetBucketRequestPayment GetBucketTagging "
        "GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetLifecycleConfiguration "
        f"GetReplicationConfiguration ListBucket ListBucketVersions PutBucketTagging {TAGS}",
        _BUCKET,
    ),
    "aws:s3/bucketObjectv2:BucketObjectv2": _bucket(
        "DeleteObject GetObject GetObjectTagging ListBucket PutObject PutObjectTagging",
        f"{_OF_BUCKET}/{{key}}",
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _bucket(
        "GetBucketOwnershipControls PutBucketOwnershipControls"
    ),
    "aws:s3/bucketPolicy:BucketPolicy": _bucket(
        "DeleteBucketPolicy GetBucketPolicy PutBucketPolicy"
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _bucket(
        "GetBucketPublicAccessBlock PutBucketPublicAccessBlock"
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        _bucket("GetEncryptionConfiguration PutEncryptionConfiguration")
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _bucket(
        "GetLifecycleConfiguration PutLifecycleConfiguration"
    ),
    "aws:s3/bucketVersioning:BucketVersioning": _bucket("GetBucketVersioning PutBucketVersioning"),
    "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration": (
        *_bucket("DeleteBucketWebsite GetBucketWebsite PutBucketWebsite"),
        # The program looks at the account's block of public buckets first.
        needed("s3", "*", "GetAccountPublicAccessBlock"),
    ),
    "aws:sns/topic:Topic": (
        needed(
            "sns", "{name}", f"CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes {TAGS}"
        ),
    ),
    "aws:sns/topicSubscription:TopicSubscription": (
        needed("sns", "api-dashboard-dev-alerts", "Subscribe"),
        needed("sns", "*", "GetSubscriptionAttributes Unsubscribe"),
    ),
    "aws:ssm/parameter:Parameter": (
        needed(
            "ssm",
            "parameter{name}",
            "AddTagsToResource DeleteParameter GetParameter GetParameters ListTagsForResource "
            "PutParameter RemoveTagsFromResource",
        ),
        needed("ssm", "*", "DescribeParameters"),
    ),
}
