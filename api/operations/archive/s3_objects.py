"""Backups in objects of S3."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from api.operations.archive.s3_failures import s3_failure
from api.operations.archive.streams import ArchiveStream
from api.operations.errors import OperationError

PART_SIZE = 8 * 1024 * 1024
MAX_PARTS = 10_000  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
_ATTEMPTS = 5
_LOCATION = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.*[^/])", re.DOTALL)
_MAX_KEY_BYTES = 1024


class _Object:
    """An object, and calls of S3 for it."""

    def __init__(self, name: str, session: Any) -> None:
        found = _LOCATION.fullmatch(name)
        if found is None or len(found[2].encode(errors="replace")) > _MAX_KEY_BYTES:
            raise OperationError(
                f"{name} names no object of S3: write s3://BUCKET/KEY, for example "
                "s3://my-backups/api-dashboard.backup"
            )
        self.name = name
        self._bucket, self._key = found[1], found[2]
        self._session = session
        self._client: Any = None

    def call(self, operation: str, action: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation on the object. `action` is the permission for it.

        Raises OperationError; its cause is the exception of boto3.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            if self._client is None:
                self._client = self._connect()
            called = getattr(self._client, operation)
            done: dict[str, Any] = called(Bucket=self._bucket, Key=self._key, **parameters)
            return done
        except (BotoCoreError, ClientError) as error:
            raise s3_failure(error, self.name, action) from error

    def head(self) -> dict[str, Any] | None:
        """Return what S3 says about the object, None if there is none.

        Raises OperationError, also if the bucket is missing.
        """
        try:
            return self.call("head_object", "s3:GetObject")
        except OperationError as error:
            if _code(error) not in ("404", "NoSuchKey"):
                raise
        self._require_bucket()
        return None

    def _require_bucket(self) -> None:
        """Tell a missing bucket from a missing object, for a response to HEAD has no body."""
        from botocore.exceptions import ClientError

        try:
            self._client.head_bucket(Bucket=self._bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchBucket"):
                raise OperationError(
                    f"There is no bucket {self._bucket}: create it or name another one"
                ) from error

    def _connect(self) -> Any:
        import boto3
        from botocore.config import Config

        session = self._session or boto3.Session()
        # Whatever the region, the client finds the bucket's own and signs for that.
        return session.client(
            "s3",
            region_name=session.region_name or "us-east-1",
            config=Config(
                retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
                connect_timeout=10,
                read_timeout=60,
            ),
        )


class S3Output:
    """Writes an object in parts of 8 MiB. It appears when the last one is there.

    S3 checks the SHA-256 of each part. A process that is killed leaves the parts: a lifecycle rule
    of the bucket can remove them.
    """

    def __init__(self, target: str, session: Any, *, replace: bool) -> None:
        self._object = _Object(target, session)
        self._replace = replace
        self._pending = bytearray()
        self._upload = ""
        self._parts: list[dict[str, Any]] = []
        try:
            existing = self._object.head()
        except OperationError as error:
            # Whoever may only write can write. What exists is found by the condition at the end.
            if _code(error) not in ("403", "AccessDenied"):
                raise
            existing = None
        if existing is not None and not replace:
            raise self._exists()

    @property
    def name(self) -> str:
        """Return `s3://bucket/key`."""
        return self._object.name

    def write(self, data: bytes) -> None:
        """Write data."""
        self._pending += data
        while len(self._pending) > PART_SIZE:
            self._send_part()

    def commit(self) -> None:
        """Make the object appear."""
        condition = {} if self._replace else {"IfNoneMatch": "*"}
        try:
            if self._upload:
                self._send_part()
                self._object.call(
                    "complete_multipart_upload",
                    "s3:PutObject",
                    UploadId=self._upload,
                    MultipartUpload={"Parts": self._parts},
                    **condition,
                )
                self._upload = ""
            else:
                self._object.call(
                    "put_object",
                    "s3:PutObject",
                    Body=bytes(self._pending),
                    ChecksumAlgorithm="SHA256",
                    **condition,
                )
        except OperationError as error:
            if _code(error) in ("PreconditionFailed", "412", "ConditionalRequestConflict"):
                raise self._exists() from error
            raise

    def discard(self) -> None:
        """Remove the parts that were sent."""
        if self._upload:
            upload, self._upload = self._upload, ""
            with suppress(OperationError):
                self._object.call(
                    "abort_multipart_upload", "s3:AbortMultipartUpload", UploadId=upload
                )

    def _send_part(self) -> None:
        if not self._upload:
            begun = self._object.call(
                "create_multipart_upload", "s3:PutObject", ChecksumAlgorithm="SHA256"
            )
            self._upload = begun["UploadId"]
        number = len(self._parts) + 1
        if number > MAX_PARTS:
            raise OperationError(
                f"The backup is larger than {MAX_PARTS * PART_SIZE // 1_000_000_000} GB, the most "
                f"that is written to {self.name}: write it to a file"
            )
        body = bytes(self._pending[:PART_SIZE])
        del self._pending[:PART_SIZE]
        sent = self._object.call(
            "upload_part",
            "s3:PutObject",
            UploadId=self._upload,
            PartNumber=number,
            Body=body,
            ChecksumAlgorithm="SHA256",
        )
        part = {"PartNumber": number, "ETag": sent["ETag"]}
        if "ChecksumSHA256" in sent:  # not every store that speaks S3 has checksums
            part["ChecksumSHA256"] = sent["ChecksumSHA256"]
        self._parts.append(part)

    def _exists(self) -> OperationError:
        return OperationError(f"{self.name} already exists: name another object or remove this one")


class S3Input:
    """Reads one version of an object, so that every pass reads the same."""

    def __init__(
        self, source: str, session: Any, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._object = _Object(source, session)
        self._sleep = sleep
        head = self._object.head()
        if head is None:
            raise OperationError(f"There is no object {source}: check its key")
        self._size = int(head["ContentLength"])
        self._pinned = {"IfMatch": head["ETag"]}
        if head.get("VersionId", "null") != "null":
            self._pinned["VersionId"] = head["VersionId"]

    @property
    def name(self) -> str:
        """Return `s3://bucket/key`."""
        return self._object.name

    @property
    def size(self) -> int:
        """Return the size in bytes."""
        return self._size

    @contextmanager
    def open(self) -> Iterator[ArchiveStream]:
        """Read the object from its beginning."""
        stream = _S3Stream(self)
        try:
            yield stream
        finally:
            stream.close()

    def get_from(self, position: int) -> Any:
        """Return a body that begins at a position. Raises OperationError."""
        return self._object.call(
            "get_object", "s3:GetObject", Range=f"bytes={position}-", **self._pinned
        )["Body"]

    def wait(self, failures: int) -> None:
        """Wait after a connection was lost."""
        self._sleep(0.5 * 2**failures)


class _S3Stream:
    """Reads an object, and goes on where the connection was lost."""

    def __init__(self, source: S3Input) -> None:
        self._source = source
        self._position = 0
        self._body: Any = None

    def read(self, size: int) -> bytes:
        failures = 0
        while self._position < self._source.size:
            data, lost = self._try_read(size)
            self._position += len(data)
            if data:
                return data
            failures += 1
            if failures == _ATTEMPTS:
                raise s3_failure(lost, self._source.name, "s3:GetObject") from lost
            self.close()
            self._source.wait(failures)
        return b""

    def _try_read(self, size: int) -> tuple[bytes, Exception]:
        """Return data, or none and why."""
        from botocore.exceptions import BotoCoreError, ConnectionClosedError

        lost: Exception = ConnectionClosedError(endpoint_url=self._source.name)
        try:
            if self._body is None:
                self._body = self._source.get_from(self._position)
            return self._body.read(size), lost
        except BotoCoreError as error:
            return b"", error

    def close(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None


def _code(error: OperationError) -> str:
    """Return the error code of S3, empty if it was not S3 that refused."""
    response: dict[str, Any] = getattr(error.__cause__, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
