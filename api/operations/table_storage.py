"""Use the product's own storage on a table of DynamoDB, with the credentials of a command."""

from __future__ import annotations

from typing import Any

from api.aws.sigv4 import Credentials
from api.operations.aws.session import explained
from api.operations.places.table import TablePlace
from api.secret import Secret
from api.settings import Settings
from api.wiring import Storage, build_storage


def storage_of_table(place: TablePlace) -> Storage:
    """Return the storage of a table.

    The credentials are read for each second of calls: those of SSO and roles end while it runs.
    Raises OperationError.
    """
    place.require_table()
    found: Any = place.session.get_credentials()

    def credentials() -> Credentials:
        with explained("Reading the AWS credentials"):
            frozen = found.get_frozen_credentials()
        token = Secret(frozen.token) if frozen.token else None
        return Credentials(frozen.access_key, Secret(frozen.secret_key), token)

    return build_storage(
        Settings(
            table_name=place.table_name,
            dynamodb_endpoint=place.dynamodb.meta.endpoint_url,
            region=str(place.session.region_name),
            credentials=credentials,
        )
    )
