"""AWS credentials for a server whose table is on AWS: found by boto3's chain, and renewed."""

from __future__ import annotations

import importlib.util
import mmap
import re
import zlib
from typing import Any
from urllib.parse import urlsplit

import msgspec

from api.aws.sigv4 import Credentials
from api.errors import StartError
from api.local.periodic import Periodic
from api.logs import log_event
from api.secret import Secret
from api.settings import Settings

RENEWAL_INTERVAL = 30.0
# Seconds before the end of the credentials. botocore itself renews 15 minutes before, but some
# credentials last no longer than that.
_RENEW_BEFORE = 300
_SLOT = 16_384
_HEAD = 8
_AWS = re.compile(r"(^|\.)(amazonaws\.com|amazonaws\.com\.cn|api\.aws)$")


class _Shared(msgspec.Struct, frozen=True):
    key_id: str
    secret: str
    token: str | None

    def __repr__(self) -> str:
        return "_Shared()"  # keep the secret out of logs


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Shared).decode


class SharedCredentials:
    """Credentials in memory that forked processes share. One process sets them, all can read.

    There are two slots: a write goes to the one that is not in use, then puts it into use.
    """

    def __init__(self, credentials: Credentials) -> None:
        self._memory = mmap.mmap(-1, 1 + 2 * _SLOT)
        self._known = (b"", credentials)
        self.set(credentials)

    def __call__(self) -> Credentials:
        """Return the credentials that were set last. Does not block."""
        start = 1 + self._memory[0] * _SLOT
        head = self._memory[start : start + _HEAD]
        known, credentials = self._known
        if head == known:
            return credentials
        body = self._memory[start + _HEAD : start + _HEAD + int.from_bytes(head[:4], "big")]
        if zlib.crc32(body) != int.from_bytes(head[4:], "big"):
            return credentials  # The slot is being written: the next call reads the other one.
        found = _decode(body)
        token = Secret(found.token) if found.token else None
        credentials = Credentials(found.key_id, Secret(found.secret), token)
        self._known = (head, credentials)
        return credentials

    def set(self, credentials: Credentials) -> None:
        """Replace the credentials, for all processes."""
        token = credentials.session_token
        body = _encode(
            _Shared(
                credentials.access_key_id,
                credentials.secret_access_key.reveal(),
                token.reveal() if token else None,
            )
        )
        if len(body) > _SLOT - _HEAD:
            raise ValueError("the credentials are longer than any of AWS")
        other = 1 - self._memory[0]
        start = 1 + other * _SLOT
        head = len(body).to_bytes(4, "big") + zlib.crc32(body).to_bytes(4, "big")
        self._memory[start : start + _HEAD + len(body)] = head + body
        self._memory[0] = other


class ChainCredentials:
    """The credentials of boto3's default chain: profiles, SSO, processes, roles of the machine."""

    def __init__(self) -> None:
        self._found = _find()

    def read(self) -> Credentials | None:
        """Return the credentials, None if there are none. Raises botocore's errors."""
        if self._found is None:
            return None
        frozen = self._found.get_frozen_credentials()
        token = Secret(frozen.token) if frozen.token else None
        return Credentials(frozen.access_key, Secret(frozen.secret_key), token)

    def renew(self) -> Credentials | None:
        """Return new credentials if those of now end soon, else None. Raises botocore's errors.

        Temporary credentials without a known end are read again, because another program may have
        renewed them in their file.
        """
        found = self._found
        if found is None:
            return None
        ends_soon = getattr(found, "refresh_needed", None)
        if ends_soon is None:
            if found.token is None:
                return None
            self._found = _find() or found
        elif not ends_soon(_RENEW_BEFORE):
            return None
        return self.read()


class Renewal:
    """Keeps shared credentials as new as those of the chain. `run` is called periodically."""

    def __init__(self, chain: ChainCredentials, shared: SharedCredentials) -> None:
        self._chain = chain
        self._shared = shared

    def run(self) -> None:
        """Renew the credentials if they end soon. A failure is logged, and tried again later."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            credentials = self._chain.renew()
        except (BotoCoreError, ClientError, OSError) as error:
            log_event("aws_credentials_not_renewed", level="error", reason=str(error))
            return
        if credentials is not None:
            self._shared.set(credentials)


def is_remote(settings: Settings) -> bool:
    """Return whether the table is on another machine."""
    return settings.dynamodb_endpoint is not None and not settings.has_local_database


def chain_credentials(settings: Settings) -> tuple[SharedCredentials, Periodic] | None:
    """Return the credentials for a remote table and what renews them in this process.

    Returns None if a table that is not of AWS has no credentials: an emulator needs none. Raises
    StartError if there are none for AWS, or they cannot be fetched.
    """
    try:
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        return None
    try:
        chain = ChainCredentials()
        credentials = chain.read()
    except (BotoCoreError, ClientError, OSError) as error:
        raise StartError(
            f"The AWS credentials for AWS_ENDPOINT_URL_DYNAMODB cannot be fetched ({error}): sign "
            "in (aws sso login), or check AWS_PROFILE and ~/.aws/config."
        ) from error
    if credentials is None:
        if _AWS.search(urlsplit(settings.dynamodb_endpoint or "").hostname or ""):
            raise StartError(
                "There are no AWS credentials for AWS_ENDPOINT_URL_DYNAMODB: sign in (aws "
                "configure, aws sso login), set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY."
            )
        return None
    shared = SharedCredentials(credentials)
    renewal = Renewal(chain, shared)
    return shared, Periodic(renewal.run, RENEWAL_INTERVAL, RENEWAL_INTERVAL)


def _find() -> Any:
    if importlib.util.find_spec("boto3") is None:
        return None  # a wheel without its extra `aws` has only the environment's credentials
    import boto3

    return boto3.Session().get_credentials()
