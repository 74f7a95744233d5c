"""Clients of the emulated AWS."""

from __future__ import annotations

import os
import threading
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError

ACCOUNT = "000000000000"

_ABSENT = frozenset(
    {
        "404",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchDistribution",
        "NoSuchEntity",
        "NoSuchFunctionExists",
        "NoSuchHostedZone",
        "NoSuchKey",
        "NoSuchOriginAccessControl",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchResponseHeadersPolicy",
        "NotFound",
        "NotFoundException",
        "OwnershipControlsNotFoundError",
        "ParameterNotFound",
        "ResourceNotFoundException",
        "ServerSideEncryptionConfigurationNotFoundError",
    }
)


class Aws:
    """Creates the client of each service once, for the endpoint in `AWS_ENDPOINT_URL`."""

    def __init__(self, region: str) -> None:
        self.region = region
        self.port = urlsplit(os.environ["AWS_ENDPOINT_URL"]).port
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def __getitem__(self, service: str) -> Any:
        return self.client(service)

    def client(self, service: str, region: str | None = None) -> Any:
        """Return the client of a service in a region, by default the provider's."""
        key = (service, region or self.region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = boto3.client(service, region_name=key[1])
            return self._clients[key]

    def arn(self, service: str, resource: str, region: str | None = None) -> str:
        """Return the ARN of a regional resource of the account."""
        return f"arn:aws:{service}:{region or self.region}:{ACCOUNT}:{resource}"


def absent(error: ClientError) -> bool:
    """Return whether an error says that a resource does not exist."""
    return error.response["Error"]["Code"] in _ABSENT
