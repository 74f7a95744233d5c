"""The header fields that the CDN adds, by the rules of Mozilla's HTTP Observatory (S33)."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

# Files and API calls of the same origin only, no inline scripts or styles, no frames.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
TWO_YEARS = 63_072_000  # seconds


def page_headers(
    name: str, policy_name: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> aws.cloudfront.ResponseHeadersPolicy:
    """Create the policy for pages and files."""
    return aws.cloudfront.ResponseHeadersPolicy(
        name,
        name=policy_name,
        security_headers_config=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigArgs(
            content_security_policy=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigContentSecurityPolicyArgs(
                content_security_policy=PAGE_POLICY, override=True
            ),
            content_type_options=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigContentTypeOptionsArgs(
                override=True
            ),
            frame_options=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigFrameOptionsArgs(
                frame_option="DENY", override=True
            ),
            referrer_policy=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigReferrerPolicyArgs(
                referrer_policy="no-referrer", override=True
            ),
            strict_transport_security=_transport_security(override=True),
        ),
        custom_headers_config=aws.cloudfront.ResponseHeadersPolicyCustomHeadersConfigArgs(
            items=[
                aws.cloudfront.ResponseHeadersPolicyCustomHeadersConfigItemArgs(
                    header=header, value=value, override=True
                )
                for header, value in (
                    ("Cross-Origin-Opener-Policy", "same-origin"),
                    ("Cross-Origin-Resource-Policy", "same-origin"),
                )
            ]
        ),
        opts=opts,
    )


def api_headers(
    name: str, policy_name: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> aws.cloudfront.ResponseHeadersPolicy:
    """Create the policy for the gateway's error responses. It overrides no field of the API."""
    return aws.cloudfront.ResponseHeadersPolicy(
        name,
        name=policy_name,
        security_headers_config=aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigArgs(
            strict_transport_security=_transport_security(override=False),
        ),
        opts=opts,
    )


def _transport_security(
    *, override: bool
) -> aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurityArgs:
    return aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurityArgs(
        access_control_max_age_sec=TWO_YEARS, include_subdomains=True, override=override
    )
