"""What S3 answers when it does not do what was asked, as one sentence."""

from __future__ import annotations

from typing import Any

from api.operations.errors import OperationError

_NO_ACCESS = ("AccessDenied", "403", "AllAccessDisabled", "KMS.DisabledException")
_BAD_CREDENTIALS = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "401")
_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired")
_OTHER_REGION = (
    "PermanentRedirect",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "301",
    "400",
)
_BUSY = ("SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "500", "503")
_CHANGED = ("PreconditionFailed", "412", "NoSuchVersion")


def s3_failure(error: Exception, name: str, action: str) -> OperationError:
    """Return the error for an exception of boto3.

    `name` is `s3://bucket/key`, and `action` is the permission that the call needs.
    """
    from botocore.exceptions import ClientError

    if isinstance(error, ClientError):
        return OperationError(_refused(error.response, name, action))
    return OperationError(_not_reached(error, name))


def _refused(response: dict[str, Any], name: str, action: str) -> str:
    code = str(response.get("Error", {}).get("Code", ""))
    bucket = name.split("/")[2]
    if code == "NoSuchBucket":
        return f"There is no bucket {bucket}: create it or name another one"
    if code in ("NoSuchKey", "404"):
        return f"There is no object {name}: check its key"
    if code in _NO_ACCESS:
        return (
            f"AWS denies access to {name}: allow {action} on it, or use the credentials of "
            "someone who may"
        )
    if code in _BAD_CREDENTIALS:
        return f"AWS does not accept the credentials for {name}: check them or sign in again"
    if code in _EXPIRED:
        return f"The AWS credentials for {name} have expired: sign in again"
    if code in _OTHER_REGION:
        headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        region = headers.get("x-amz-bucket-region")
        where = f"in the region {region}" if region else "in another region"
        return f"The bucket {bucket} is {where}: give that one with --region or AWS_REGION"
    if code == "InvalidBucketName":
        return f"{bucket} cannot be the name of a bucket: check it"
    if code in _BUSY:
        return f"S3 was not able to serve {name} ({code}): repeat the command in a few minutes"
    if code in _CHANGED:
        return f"{name} was changed while it was read: repeat the command when nothing writes to it"
    message = str(response.get("Error", {}).get("Message", "")).rstrip(".")
    return f"S3 refuses {action} on {name} ({code}: {message}): check the bucket and its policy"


def _not_reached(error: Exception, name: str) -> str:
    from botocore import exceptions as aws

    if isinstance(error, aws.NoCredentialsError | aws.PartialCredentialsError):
        return (
            f"There are no AWS credentials for {name}: run aws configure or aws sso login, "
            "or set AWS_PROFILE"
        )
    if isinstance(error, aws.ProfileNotFound):
        return f"{str(error).rstrip('.')}: set AWS_PROFILE to one that exists"
    if isinstance(
        error,
        aws.SSOError | aws.TokenRetrievalError | aws.CredentialRetrievalError | aws.LoginError,
    ):
        return f"The AWS credentials for {name} cannot be renewed: sign in again"
    if isinstance(error, aws.HTTPClientError | aws.ConnectionError | aws.ResponseStreamingError):
        return f"S3 cannot be reached for {name}: check the network and the region, then repeat"
    return f"{name} cannot be used ({str(error).rstrip('.')}): check the name and the AWS settings"
