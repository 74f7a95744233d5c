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
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def __getitem__(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = boto3.client(service, region_name=self.region)
            return self._clients[service]

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a regional resource of the account."""
        return f"arn:aws:{service}:{self.region}:{ACCOUNT}:{resource}"


def absent(error: ClientError) -> bool:
    """Return whether an error says that a resource does not exist."""
    return error.response["Error"]["Code"] in _ABSENT
