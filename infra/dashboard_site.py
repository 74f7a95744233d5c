"""The dashboard's site: files in a bucket, served by the CDN or as an S3 website."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.cdn import Cdn, CdnArgs
from infra.site_bucket import PAGE, SiteBucket
from infra.site_build import SiteFile

CONFIG = "config.json"


@dataclass
class DashboardSiteArgs:
    """`files` are the files of the built site. A website bucket gets no CDN, and needs neither
    `proxy_host`, the host of the function URL, nor `cdn_secret`.
    """

    base: str
    bucket: SiteBucket
    api_endpoint: pulumi.Output[str]
    proxy_host: pulumi.Output[str]
    cdn_secret: pulumi.Output[str] | None
    files: Sequence[SiteFile]
    domain: str = ""
    certificate_arn: pulumi.Input[str] = ""


class DashboardSite(pulumi.ComponentResource):
    """The pages at one URL, and the `config.json` that contains the URL of the API.

    `cdn` is None if the site is an S3 website.
    """

    url: pulumi.Output[str]
    cdn: Cdn | None

    def __init__(
        self, name: str, args: DashboardSiteArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("api-dashboard:aws:DashboardSite", name, None, opts)
        if args.bucket.website_url is None:
            assert args.cdn_secret is not None
            self.cdn = Cdn(
                f"{name}-cdn",
                CdnArgs(
                    base=args.base,
                    bucket=args.bucket,
                    api_endpoint=args.api_endpoint,
                    proxy_host=args.proxy_host,
                    secret=args.cdn_secret,
                    domain=args.domain,
                    certificate_arn=args.certificate_arn,
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )
            self.url = self.cdn.url
            config = pulumi.Output.from_input(_config(""))
        else:
            self.cdn = None
            self.url = args.bucket.website_url
            args.bucket.allow_everybody()
            config = args.api_endpoint.apply(_config)
        self._upload(name, args, config)
        self.register_outputs({"url": self.url})

    def _upload(self, name: str, args: DashboardSiteArgs, config: pulumi.Output[str]) -> None:
        def upload(
            key: str,
            depends_on: Sequence[pulumi.Resource] = (),
            content: pulumi.Output[str] | None = None,
            source: pulumi.Asset | None = None,
            content_type: str = "application/json",
            cache_control: str = "no-cache",
        ) -> aws.s3.BucketObjectv2:
            return aws.s3.BucketObjectv2(
                f"{name}-file-{key}",
                bucket=args.bucket.name,
                key=key,
                content=content,
                source=source,
                content_type=content_type,
                cache_control=cache_control,
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
            )

        uploaded: list[pulumi.Resource] = [upload(CONFIG, content=config)]
        # The page is uploaded last, so that the files it names exist.
        for file in sorted(args.files, key=lambda file: (file.key == PAGE, file.key)):
            uploaded.append(
                upload(
                    file.key,
                    uploaded if file.key == PAGE else (),
                    source=pulumi.FileAsset(str(file.path)),
                    content_type=file.content_type,
                    cache_control=file.cache_control,
                )
            )


def _config(api: str) -> str:
    """Return the content of config.json, which web/src/config.ts reads. "" is the same origin."""
    return json.dumps({"api": api})
