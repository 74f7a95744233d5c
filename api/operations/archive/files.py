"""Files and objects of S3 as outputs and inputs of backups."""

from __future__ import annotations

from typing import Any

from api.operations.archive.local_files import LocalInput, LocalOutput
from api.operations.archive.streams import ArchiveInput, ArchiveOutput
from api.operations.aws.session import require_boto3

S3_PREFIX = "s3://"


def open_output(target: str, *, session: Any = None, replace: bool = False) -> ArchiveOutput:
    """Open a path or `s3://bucket/key` for a new backup. Raises OperationError.

    `session` is a boto3.Session, of which only S3 makes use: None is the default one. Nothing that
    exists is overwritten without `replace`.
    """
    if target.startswith(S3_PREFIX):
        require_boto3()
        from api.operations.archive.s3_objects import S3Output

        return S3Output(target, session, replace=replace)
    return LocalOutput(target, replace=replace)


def open_input(source: str, *, session: Any = None) -> ArchiveInput:
    """Open a path or `s3://bucket/key` of a backup. Raises OperationError."""
    if source.startswith(S3_PREFIX):
        require_boto3()
        from api.operations.archive.s3_objects import S3Input

        return S3Input(source, session)
    return LocalInput(source)
