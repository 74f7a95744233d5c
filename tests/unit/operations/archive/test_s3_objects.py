"""Backups in objects of S3, which moto stands in for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError, ReadTimeoutError
from moto import mock_aws

from api.operations.archive.files import open_input, open_output
from api.operations.archive.s3_failures import s3_failure
from api.operations.archive.s3_objects import PART_SIZE, S3Input
from api.operations.errors import OperationError

NAME = "s3://backups/daily/a.backup"


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        session = boto3.Session(region_name="eu-central-1")
        s3 = session.client("s3")
        place = {"LocationConstraint": "eu-central-1"}
        s3.create_bucket(Bucket="backups", CreateBucketConfiguration=place)
        s3.put_bucket_versioning(Bucket="backups", VersioningConfiguration={"Status": "Enabled"})
        yield session


def read_all(source: Any) -> bytes:
    with source.open() as stream:
        return b"".join(iter(lambda: stream.read(1_000_000), b""))


@pytest.mark.parametrize("size", [10, PART_SIZE, PART_SIZE + 1, 2 * PART_SIZE + 5])
def test_an_object_appears_whole(session: boto3.Session, size: int) -> None:
    content = bytes(range(251)) * (size // 251 + 1)
    content = content[:size]
    output = open_output(NAME, session=session)
    for start in range(0, size, 1_000_000):
        output.write(content[start : start + 1_000_000])
    with pytest.raises(OperationError, match="There is no object"):
        open_input(NAME, session=session)
    output.commit()
    output.discard()
    source = open_input(NAME, session=session)
    assert source.size == size
    assert read_all(source) == content == read_all(source)


def test_what_is_discarded_leaves_no_parts(session: boto3.Session) -> None:
    output = open_output(NAME, session=session)
    output.write(bytes(PART_SIZE + 1))
    s3 = session.client("s3")
    assert s3.list_multipart_uploads(Bucket="backups").get("Uploads")
    output.discard()
    assert not s3.list_multipart_uploads(Bucket="backups").get("Uploads")


@pytest.mark.parametrize("size", [10, PART_SIZE + 1])
def test_an_existing_object_is_replaced_only_if_asked(session: boto3.Session, size: int) -> None:
    late = open_output(NAME, session=session)
    late.write(bytes(size))
    first = open_output(NAME, session=session)
    first.write(b"first")
    first.commit()
    with pytest.raises(OperationError, match="already exists: name another"):
        open_output(NAME, session=session)
    with pytest.raises(OperationError, match="already exists: name another"):
        late.commit()
    late.discard()
    assert read_all(open_input(NAME, session=session)) == b"first"
    other = open_output(NAME, session=session, replace=True)
    other.write(b"other")
    other.commit()
    assert read_all(open_input(NAME, session=session)) == b"other"


def test_s52_every_pass_reads_the_same_version(session: boto3.Session) -> None:
    s3 = session.client("s3")
    s3.put_object(Bucket="backups", Key="daily/a.backup", Body=b"first")
    source = open_input(NAME, session=session)
    s3.put_object(Bucket="backups", Key="daily/a.backup", Body=b"other")
    assert read_all(source) == b"first"


def test_s52_an_object_that_changes_in_a_bucket_without_versions_is_refused(
    session: boto3.Session,
) -> None:
    s3 = session.client("s3")
    place: Any = {"LocationConstraint": "eu-central-1"}
    s3.create_bucket(Bucket="plain", CreateBucketConfiguration=place)
    s3.put_object(Bucket="plain", Key="a", Body=b"first")
    source = open_input("s3://plain/a", session=session)
    s3.put_object(Bucket="plain", Key="a", Body=b"other")
    with pytest.raises(OperationError, match="was changed while it was read"):
        read_all(source)


def test_a_missing_bucket_is_named_before_anything_is_written(session: boto3.Session) -> None:
    for opened in (open_output, open_input):
        with pytest.raises(OperationError, match="There is no bucket missing: create it"):
            opened("s3://missing/a", session=session)


@pytest.mark.parametrize("name", ["s3://", "s3://b", "s3://backups", "s3://backups/", "s3:///a"])
def test_names_of_no_object_are_refused(name: str) -> None:
    with pytest.raises(OperationError, match="names no object of S3: write s3://BUCKET/KEY"):
        open_output(name)


class LosingBody:
    """A body whose connection is lost after some bytes."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, size: int) -> bytes:
        if not self._content:
            raise ReadTimeoutError(endpoint_url="s3")
        data, self._content = self._content[:2], b""
        return data

    def close(self) -> None:
        pass


def test_reading_goes_on_where_the_connection_was_lost(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.client("s3").put_object(Bucket="backups", Key="daily/a.backup", Body=b"content")
    waits: list[float] = []
    source = S3Input(NAME, session, sleep=waits.append)
    monkeypatch.setattr(source, "get_from", lambda position: LosingBody(b"content"[position:]))
    assert read_all(source) == b"content"
    assert waits == [1.0, 1.0, 1.0]
    monkeypatch.setattr(source, "get_from", lambda position: LosingBody(b""))
    with pytest.raises(OperationError, match="cannot be reached for s3"):
        read_all(source)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("AccessDenied", "AWS denies access to s3://b/k: allow s3:PutObject on it"),
        ("403", "AWS denies access"),
        ("InvalidAccessKeyId", "does not accept the credentials"),
        ("ExpiredToken", "have expired: sign in again"),
        ("PermanentRedirect", "is in the region eu-west-1: give that one"),
        ("SlowDown", "repeat the command in a few minutes"),
        ("Strange", r"S3 refuses s3:PutObject on s3://b/k \(Strange: Told\): check"),
    ],
)
def test_each_refusal_of_s3_is_one_sentence(code: str, message: str) -> None:
    response: Any = {
        "Error": {"Code": code, "Message": "Told."},
        "ResponseMetadata": {"HTTPHeaders": {"x-amz-bucket-region": "eu-west-1"}},
    }
    error = s3_failure(ClientError(response, "PutObject"), "s3://b/k", "s3:PutObject")
    assert re.search(message, str(error))


def test_missing_credentials_are_one_sentence() -> None:
    text = str(s3_failure(NoCredentialsError(), "s3://b/k", "s3:PutObject"))
    assert text.startswith("There are no AWS credentials for s3://b/k: run aws configure")
