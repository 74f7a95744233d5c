"""Sessions of boto3 with its default chain of credentials, and AWS's failures in one sentence."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from api.operations.errors import OperationError

if TYPE_CHECKING:
    import boto3

_ATTEMPTS = 8
_CONNECT_SECONDS = 5
_READ_SECONDS = 60
_CONNECTIONS = 16

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_NOT_VALID = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "IncompleteSignature",
    }
)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_CLOCK = frozenset({"RequestTimeTooSkewed"})
_THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "Throttling",
        "TooManyRequestsException",
        "SlowDown",
    }
)
_GONE = frozenset({"NoSuchBucket", "ParameterNotFound", "ResourceNotFoundException"})


def open_session(profile: str | None = None, region: str | None = None) -> boto3.Session:
    """Return a session with boto3's default credentials: variables, profiles, SSO, roles.

    boto3 reads AWS_DEFAULT_REGION, other SDKs and Lambda AWS_REGION, so both are read. Raises
    OperationError if the profile does not exist.
    """
    require_boto3()
    import boto3

    if region is None and profile is None:
        region = os.environ.get("AWS_REGION") or None
    with explained("Reading the AWS configuration"):
        return boto3.Session(profile_name=profile, region_name=region)


def require_boto3() -> None:
    """Raise OperationError if boto3 is not installed: the wheel has it in an extra."""
    if importlib.util.find_spec("boto3") is None:
        raise OperationError(
            "boto3 is not installed, which commands for AWS need: install this program with its "
            "extra, pipx install 'api_dashboard-….whl[aws]', or add it with pipx inject "
            "api-dashboard boto3."
        )


def client(session: boto3.Session, service: str) -> Any:
    """Return a client that repeats what is throttled. Raises OperationError without a region."""
    from botocore.config import Config

    with explained(f"Calling {service}"):
        return session.client(
            service,
            config=Config(
                retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                max_pool_connections=_CONNECTIONS,
            ),
        )


@contextlib.contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn every failure of boto3 into an OperationError that begins with `doing`."""
    from botocore import exceptions

    try:
        yield
    except exceptions.ClientError as error:
        raise OperationError(f"{doing} failed: {_answer(error)}") from error
    except (exceptions.BotoCoreError, exceptions.HTTPClientError) as error:
        raise OperationError(f"{doing} failed: {_local(error)}") from error


def error_code(error: BaseException) -> str:
    """Return the code of a ClientError, empty for any other exception."""
    answer = getattr(error, "response", None)
    return str(answer.get("Error", {}).get("Code", "")) if isinstance(answer, dict) else ""


def _answer(error: Any) -> str:
    code = error_code(error)
    message = str(error.response.get("Error", {}).get("Message", "")).strip().rstrip(".")
    operation = error.operation_name
    if code in _DENIED:
        return (
            f"these credentials may not call {operation} ({message}). Use credentials with that "
            "permission and try again."
        )
    if code in _NOT_VALID:
        return f"AWS does not accept these credentials ({code}). Check them and try again."
    if code in _EXPIRED:
        return "the credentials have expired. Sign in to AWS again and repeat the command."
    if code in _CLOCK:
        return "the clock of this machine is wrong. Set it and try again."
    if code in _THROTTLED:
        return f"AWS throttles {operation} and did not stop. Try again in a few minutes."
    if code in _GONE:
        return f"{operation} did not find it ({message or code}). Check the name and the region."
    return f"{operation} was refused ({code}: {message})."


def _local(error: Exception) -> str:
    from botocore import exceptions

    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return (
            "there are no AWS credentials. Sign in (aws configure, aws sso login), choose a "
            "--profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )
    if isinstance(error, exceptions.NoRegionError):
        return "no region is known. Add --region, or set AWS_REGION."
    if isinstance(error, exceptions.ProfileNotFound):
        return f"{error}. Choose one of the profiles of ~/.aws/config."
    if isinstance(error, exceptions.SSOError | exceptions.TokenRetrievalError):
        return f"the SSO session is not valid ({error}). Run aws sso login and try again."
    if isinstance(error, exceptions.CredentialRetrievalError):
        return f"no credentials could be fetched ({error}). Check the profile and try again."
    if isinstance(
        error,
        exceptions.EndpointConnectionError
        | exceptions.ConnectionClosedError
        | exceptions.HTTPClientError
        | exceptions.ConnectTimeoutError,
    ):
        return f"AWS does not respond ({error}). Check the network and the region, and try again."
    return f"{error}."
