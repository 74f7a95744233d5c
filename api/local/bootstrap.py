"""Prepare the product on one machine: data folder, secrets and embedded database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import msgspec

from api.aws.sigv4 import Credentials
from api.local.data_folder import open_data_folder
from api.local.database.binary import ensure_binary
from api.local.database.process import EmbeddedDatabase
from api.local.secrets_file import has_secrets, with_secrets
from api.secret import Secret
from api.settings import REPOSITORY, Settings

CACHE = REPOSITORY / ".cache"

# The embedded database requires a signature but does not check it.
UNCHECKED_CREDENTIALS = Credentials("local", Secret("local"))


@contextlib.contextmanager
def bootstrap(settings: Settings) -> Iterator[Settings]:
    """Yield the settings with secrets and a running database, which stops with the context.

    If AWS_ENDPOINT_URL_DYNAMODB is set, no database is started. If the environment also has both
    secrets, the data folder is not used. Raises StartError and SettingError.
    """
    embedded = settings.dynamodb_endpoint is None
    with contextlib.ExitStack() as stack:
        if embedded or not has_secrets(settings):
            folder = stack.enter_context(open_data_folder(settings.data))
            settings = with_secrets(settings, folder)
            if embedded:
                database = EmbeddedDatabase(ensure_binary(CACHE), folder.database)
                stack.callback(database.stop)
                database.start()
                settings = msgspec.structs.replace(
                    settings, dynamodb_endpoint=database.endpoint, credentials=UNCHECKED_CREDENTIALS
                )
        yield settings
