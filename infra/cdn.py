"""The CDN, which serves the dashboard and the API from one HTTPS origin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from infra.proxy_function import PROXY_TIMEOUT
from infra.response_headers import api_headers, page_headers
from infra.site_bucket import PAGE, SiteBucket

# AWS's managed policies have the same IDs in every account:
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"

_API_PATH, _PROXY_PATH = "/api/*", "/proxy/*"
API_PATHS = (_API_PATH, _PROXY_PATH)
_ALL_METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
# Seconds: more than the gateway's 30, so that the gateway's timeout comes first.
_API_PATIENCE = 40
# Seconds without a byte: the maximum without a higher quota.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html
_PROXY_PATIENCE = 120
# Seconds until the last byte: the streaming function's timeout, and a minute for its start and slow
# clients.
_PROXY_COMPLETION = PROXY_TIMEOUT + 60
_BUCKET, _API, _PROXY = "bucket", "api", "proxy"
# Proves to the API that a request came through this CDN. CloudFront replaces a field of this name
# that a client sends. Only with it, the API trusts CloudFront's report of the client IP (S14).
SECRET_HEADER = "X-Dashboard-Cdn"


@dataclass
class CdnArgs:
    """`api_endpoint` is the HTTP API's URL, and `proxy_host` the host of the function URL. `secret`
    is the value of SECRET_HEADER. `certificate_arn` is the certificate of `domain`; both are empty
    without a domain.
    """

    base: str
    bucket: SiteBucket
    api_endpoint: pulumi.Input[str]
    proxy_host: pulumi.Input[str]
    secret: pulumi.Output[str]
    domain: str
    certificate_arn: pulumi.Input[str]


class Cdn(pulumi.ComponentResource):
    """A distribution that serves pages and API from one origin, so that the refresh token can be an
    HttpOnly cookie (S34). Only this distribution can read the bucket (S35, S36).

    `zone_id` is the Route 53 zone of `domain`, for aliases.
    """

    arn: pulumi.Output[str]
    domain: pulumi.Output[str]
    zone_id: pulumi.Output[str]
    url: pulumi.Output[str]

    def __init__(
        self, name: str, args: CdnArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("api-dashboard:aws:Cdn", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        access = aws.cloudfront.OriginAccessControl(
            f"{name}-access",
            name=args.base,
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            opts=child,
        )
        page_paths = _edge_function(name, args.base, "page-paths", child)
        proxy_caller = _edge_function(name, args.base, "proxy-caller", child)
        pages = page_headers(f"{name}-page-headers", f"{args.base}-pages", child)
        api = api_headers(f"{name}-api-headers", f"{args.base}-api", child)
        distribution = aws.cloudfront.Distribution(
            f"{name}-distribution",
            comment=args.base,
            enabled=True,
            is_ipv6_enabled=True,
            http_version="http2and3",
            price_class="PriceClass_100",
            default_root_object=PAGE,
            aliases=[args.domain] if args.domain else [],
            origins=[
                aws.cloudfront.DistributionOriginArgs(
                    origin_id=_BUCKET,
                    domain_name=args.bucket.regional_domain,
                    origin_access_control_id=access.id,
                ),
                _origin(
                    _API,
                    pulumi.Output.from_input(args.api_endpoint).apply(
                        lambda address: address.partition("://")[2]
                    ),
                    args.secret,
                    _API_PATIENCE,
                ),
                _proxy_origin(args.proxy_host, args.secret),
            ],
            default_cache_behavior=aws.cloudfront.DistributionDefaultCacheBehaviorArgs(
                target_origin_id=_BUCKET,
                viewer_protocol_policy="redirect-to-https",
                allowed_methods=["GET", "HEAD"],
                cached_methods=["GET", "HEAD"],
                compress=True,
                cache_policy_id=CACHING_OPTIMIZED,
                response_headers_policy_id=pages.id,
                function_associations=[
                    aws.cloudfront.DistributionDefaultCacheBehaviorFunctionAssociationArgs(
                        event_type="viewer-request", function_arn=page_paths.arn
                    )
                ],
            ),
            ordered_cache_behaviors=[
                _api_behaviour(_API_PATH, _API, api.id),
                _api_behaviour(_PROXY_PATH, _PROXY, api.id, proxy_caller.arn),
            ],
            restrictions=aws.cloudfront.DistributionRestrictionsArgs(
                geo_restriction=aws.cloudfront.DistributionRestrictionsGeoRestrictionArgs(
                    restriction_type="none"
                )
            ),
            viewer_certificate=_certificate(args),
            opts=child,
        )
        args.bucket.allow_cdn(distribution.arn)
        self.arn = distribution.arn
        self.domain = distribution.domain_name
        self.zone_id = distribution.hosted_zone_id
        self.url = (
            pulumi.Output.from_input(f"https://{args.domain}")
            if args.domain
            else pulumi.Output.concat("https://", distribution.domain_name)
        )
        self.register_outputs({"arn": self.arn, "domain": self.domain, "url": self.url})


def _edge_function(
    name: str, base: str, kind: str, opts: pulumi.ResourceOptions
) -> aws.cloudfront.Function:
    """Create the CloudFront function whose code is in the file of its kind."""
    file = Path(__file__).with_name(f"{kind.replace('-', '_')}.js")
    return aws.cloudfront.Function(
        f"{name}-{kind}",
        name=f"{base}-{kind}",
        runtime="cloudfront-js-2.0",
        code=file.read_text(encoding="utf-8"),
        publish=True,
        opts=opts,
    )


def _origin(
    origin_id: str, host: pulumi.Input[str], secret: pulumi.Output[str], patience: int
) -> aws.cloudfront.DistributionOriginArgs:
    """Return an HTTPS origin that gets the secret. `patience` is the seconds without a byte."""
    return aws.cloudfront.DistributionOriginArgs(
        origin_id=origin_id,
        domain_name=host,
        custom_origin_config=aws.cloudfront.DistributionOriginCustomOriginConfigArgs(
            http_port=80,
            https_port=443,
            origin_protocol_policy="https-only",
            origin_ssl_protocols=["TLSv1.2"],
            origin_read_timeout=patience,
        ),
        custom_headers=[
            aws.cloudfront.DistributionOriginCustomHeaderArgs(name=SECRET_HEADER, value=secret)
        ],
    )


def _proxy_origin(
    host: pulumi.Input[str], secret: pulumi.Output[str]
) -> aws.cloudfront.DistributionOriginArgs:
    origin = _origin(_PROXY, host, secret, _PROXY_PATIENCE)
    origin.response_completion_timeout = _PROXY_COMPLETION
    # CloudFront repeats a GET that gets no byte in time, and each attempt would call the upstream.
    origin.connection_attempts = 1
    return origin


def _api_behaviour(
    path: str,
    origin_id: str,
    headers_policy: pulumi.Input[str],
    request_function: pulumi.Input[str] | None = None,
) -> aws.cloudfront.DistributionOrderedCacheBehaviorArgs:
    """Forward requests unchanged, with every method, and cache nothing. Plain HTTP is rejected, not
    redirected, because a token in such a request has already been sent in clear text.
    """
    return aws.cloudfront.DistributionOrderedCacheBehaviorArgs(
        path_pattern=path,
        target_origin_id=origin_id,
        viewer_protocol_policy="https-only",
        allowed_methods=_ALL_METHODS,
        cached_methods=["GET", "HEAD"],
        compress=False,
        cache_policy_id=CACHING_DISABLED,
        origin_request_policy_id=ALL_VIEWER_EXCEPT_HOST,
        response_headers_policy_id=headers_policy,
        function_associations=[
            aws.cloudfront.DistributionOrderedCacheBehaviorFunctionAssociationArgs(
                event_type="viewer-request", function_arn=request_function
            )
        ]
        if request_function is not None
        else None,
    )


def _certificate(args: CdnArgs) -> aws.cloudfront.DistributionViewerCertificateArgs:
    if not args.domain:
        # With its own domain name, CloudFront sets the minimum TLS version itself.
        return aws.cloudfront.DistributionViewerCertificateArgs(cloudfront_default_certificate=True)
    return aws.cloudfront.DistributionViewerCertificateArgs(
        acm_certificate_arn=args.certificate_arn,
        ssl_support_method="sni-only",
        minimum_protocol_version="TLSv1.2_2021",
    )
