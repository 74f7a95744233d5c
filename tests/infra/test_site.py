"""The site: access to the bucket, header fields of the CDN, requests to the API."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest

from infra.node import find_node
from tests.infra.program import ROOT, Deployment, Program

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"


@pytest.fixture(scope="module")
def distribution(first_stack: Deployment) -> dict[str, Any]:
    """The CDN of the first stack."""
    return first_stack.one("cloudfront/distribution:Distribution")


def test_s35_the_bucket_is_closed_to_the_public(first_stack: Deployment) -> None:
    block = first_stack.one("BucketPublicAccessBlock")
    assert {name: block[name] for name in block if name != "bucket"} == {
        "blockPublicAcls": True,
        "ignorePublicAcls": True,
        "blockPublicPolicy": True,
        "restrictPublicBuckets": True,
    }


@pytest.mark.parametrize("mode", ["cdn", "website"])
def test_s35_the_bucket_has_no_access_lists_and_is_encrypted(program: Program, mode: str) -> None:
    stack = program(siteMode=mode)
    ownership = stack.one("BucketOwnershipControls")["rule"]["objectOwnership"]
    assert ownership == "BucketOwnerEnforced"
    (rule,) = stack.one("BucketServerSideEncryptionConfiguration")["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "AES256"
    assert "acl" not in stack.one("s3/bucket:Bucket")
    assert all("acl" not in file.inputs for file in stack.all("BucketObjectv2"))


def test_s35_only_the_distribution_reads_the_bucket_and_only_over_tls(
    first_stack: Deployment,
) -> None:
    deny, allow = first_stack.policy("BucketPolicy")
    arn = "arn:aws:s3:::site-bucket-bucket-id"
    assert deny == {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    assert allow["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert (allow["Action"], allow["Resource"]) == ("s3:GetObject", f"{arn}/*")
    distribution = "arn:aws:cloudfront::123456789012:distribution/E1"
    assert allow["Condition"] == {"StringEquals": {"AWS:SourceArn": distribution}}


def test_s35_a_website_allows_only_reading_files(website: Deployment) -> None:
    block = website.one("BucketPublicAccessBlock")
    assert block["blockPublicAcls"] and block["ignorePublicAcls"]
    deny, allow = website.policy("BucketPolicy")
    assert deny["NotAction"] == "s3:GetObject" and "Action" not in deny
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert (allow["Effect"], allow["Action"]) == ("Allow", "s3:GetObject")
    assert allow["Resource"].endswith("/*")
    assert not website.all("cloudfront/distribution:Distribution")


def test_s36_the_page_is_the_default_and_everything_is_https(distribution: dict[str, Any]) -> None:
    assert distribution["defaultRootObject"] == "index.html"
    default = distribution["defaultCacheBehavior"]
    assert default["viewerProtocolPolicy"] == "redirect-to-https"
    for behaviour in distribution["orderedCacheBehaviors"]:
        assert behaviour["viewerProtocolPolicy"] == "https-only"
    custom = [o for o in distribution["origins"] if "customOriginConfig" in o]
    assert len(custom) == 2
    for origin in custom:
        assert origin["customOriginConfig"]["originProtocolPolicy"] == "https-only"
        assert origin["customOriginConfig"]["originSslProtocols"] == ["TLSv1.2"]


def test_s36_an_origin_access_control_signs_requests_to_the_bucket(
    first_stack: Deployment, distribution: dict[str, Any]
) -> None:
    control = first_stack.one("OriginAccessControl")
    assert control["signingBehavior"] == "always" and control["signingProtocol"] == "sigv4"
    (bucket,) = [o for o in distribution["origins"] if "customOriginConfig" not in o]
    assert bucket["originAccessControlId"] == "site-cdn-access-id"
    assert distribution["defaultCacheBehavior"]["targetOriginId"] == bucket["originId"]


def test_s36_a_custom_domain_requires_tls_1_2_or_newer(program: Program) -> None:
    stack = program(domain="keys.example.com", certificateArn=CERTIFICATE)
    distribution = stack.one("cloudfront/distribution:Distribution")
    assert distribution["aliases"] == ["keys.example.com"]
    assert distribution["viewerCertificate"] == {
        "acmCertificateArn": CERTIFICATE,
        "sslSupportMethod": "sni-only",
        "minimumProtocolVersion": "TLSv1.2_2021",
    }
    assert stack.outputs["DASHBOARD_URL"] == "https://keys.example.com"
    assert stack.outputs["CDN_DOMAIN"] == "d111111abcdef8.cloudfront.net"


def test_s33_pages_have_the_headers_that_the_observatory_requires(
    first_stack: Deployment, distribution: dict[str, Any]
) -> None:
    (pages,) = [
        policy
        for policy in first_stack.all("ResponseHeadersPolicy")
        if f"{policy.name}-id" == distribution["defaultCacheBehavior"]["responseHeadersPolicyId"]
    ]
    security = pages.inputs["securityHeadersConfig"]
    policy = dict(
        directive.strip().split(" ", 1)
        for directive in security["contentSecurityPolicy"]["contentSecurityPolicy"].split(";")
    )
    assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert not any("unsafe" in sources or "http" in sources for sources in policy.values())
    assert security["strictTransportSecurity"]["accessControlMaxAgeSec"] >= 63_072_000
    assert security["contentTypeOptions"]["override"]
    assert security["frameOptions"]["frameOption"] == "DENY"
    assert security["referrerPolicy"]["referrerPolicy"] == "no-referrer"
    assert all(part["override"] for part in security.values())
    items = pages.inputs["customHeadersConfig"]["items"]
    assert {item["header"]: item["value"] for item in items} == {
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def test_s33_the_built_page_obeys_its_policy(first_stack: Deployment) -> None:
    page = next(f for f in first_stack.all("BucketObjectv2") if f.inputs["key"] == "index.html")
    text = (ROOT / page.inputs["source"]["path"]).read_text()
    assert "<script>" not in text and "<style" not in text and "style=" not in text
    assert "//" not in text.replace("<!doctype", "")


def test_api_and_proxy_paths_reach_the_api_unchanged(distribution: dict[str, Any]) -> None:
    behaviours = distribution["orderedCacheBehaviors"]
    assert [behaviour["pathPattern"] for behaviour in behaviours] == ["/api/*", "/proxy/*"]
    assert [behaviour["targetOriginId"] for behaviour in behaviours] == ["api", "proxy"]
    assert "functionAssociations" not in behaviours[0]
    for behaviour in behaviours:
        assert len(behaviour["allowedMethods"]) == 7
        assert behaviour["compress"] is False
        # AWS's managed policies CachingDisabled and AllViewerExceptHostHeader.
        assert behaviour["cachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
        assert behaviour["originRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"


def test_s14_only_the_functions_get_the_cdns_secret_and_pulumi_encrypts_it(
    first_stack: Deployment, distribution: dict[str, Any]
) -> None:
    shown = {
        origin["originId"]: [header["name"] for header in origin.get("customHeaders", [])]
        for origin in distribution["origins"]
    }
    assert shown == {"bucket": [], "api": ["X-Dashboard-Cdn"], "proxy": ["X-Dashboard-Cdn"]}
    (resource,) = first_stack.all("cloudfront/distribution:Distribution")
    assert "origins" in resource.secret
    (secret,) = {
        header["value"]
        for origin in distribution["origins"]
        for header in origin.get("customHeaders", [])
    }
    assert secret not in json.dumps(first_stack.outputs)


def test_no_error_of_the_api_is_replaced_by_a_page(distribution: dict[str, Any]) -> None:
    assert "customErrorResponses" not in distribution


PATHS = {
    "/": "/index.html",
    "/keys": "/index.html",
    "/tokens/": "/index.html",
    "/assets/index-abc.js": "/assets/index-abc.js",
    "/assets/missing": "/assets/missing",
    "/config.json": "/config.json",
    "/icon.svg": "/icon.svg",
}


def test_page_paths_give_the_page_and_files_stay_files(first_stack: Deployment) -> None:
    code = first_stack.one("cloudfront/function:Function", "site-cdn-page-paths")["code"]
    calls = f"""{code}
    const paths = {json.dumps(list(PATHS))};
    console.log(JSON.stringify(paths.map((uri) => handler({{request: {{uri}}}}).uri)));
    """
    done = subprocess.run(
        [*find_node().node, "-e", calls], capture_output=True, text=True, check=True
    )
    assert dict(zip(PATHS, json.loads(done.stdout), strict=True)) == PATHS


def test_files_are_cached_by_what_their_names_promise(first_stack: Deployment) -> None:
    for file in first_stack.all("BucketObjectv2"):
        expected = (
            "public, max-age=31536000, immutable"
            if file.inputs["key"].startswith("assets/")
            else "no-cache"
        )
        assert file.inputs["cacheControl"] == expected, file.name
        assert file.inputs["contentType"]


def test_the_site_has_few_files_because_each_is_a_resource(first_stack: Deployment) -> None:
    assert len(first_stack.all("BucketObjectv2")) <= 70


def test_pages_and_dialogs_are_loaded_when_they_are_opened(first_stack: Deployment) -> None:
    page = next(f for f in first_stack.all("BucketObjectv2") if f.inputs["key"] == "index.html")
    text = (ROOT / page.inputs["source"]["path"]).read_text()
    names = [name.partition("-")[0] for name in re.findall(r'"/assets/([^"]+)"', text)]
    assert names == ["index", "shared", "index"]  # the entry, what all pages share, the styles


def test_the_page_is_uploaded_after_everything_that_it_names(first_stack: Deployment) -> None:
    files = {file.inputs["key"]: file for file in first_stack.all("BucketObjectv2")}
    others = {file.name for key, file in files.items() if key != "index.html"}
    assert others <= set(files["index.html"].depends_on)


def test_the_page_gets_the_url_of_the_api(first_stack: Deployment, website: Deployment) -> None:
    def config(stack: Deployment) -> Any:
        (file,) = [f for f in stack.all("BucketObjectv2") if f.inputs["key"] == "config.json"]
        return json.loads(file.inputs["content"])

    assert config(first_stack) == {"api": ""}
    assert config(website) == {"api": website.outputs["API_GATEWAY_URL"]}


def test_s34_only_the_websites_origin_may_send_cross_origin_requests(
    first_stack: Deployment, website: Deployment
) -> None:
    assert "corsConfiguration" not in first_stack.one("Api")
    cors = website.one("Api")["corsConfiguration"]
    assert cors["allowOrigins"] == [website.outputs["S3_WEBSITE_URL"]]
    assert cors["allowCredentials"] is False
    assert "authorization" in cors["allowHeaders"] and "*" not in cors["allowHeaders"]


def test_the_bucket_is_deleted_with_the_stack_even_when_it_is_not_empty(
    first_stack: Deployment,
) -> None:
    assert first_stack.one("s3/bucket:Bucket")["forceDestroy"] is True
