"""Prepare the product on one machine: data folder, secrets and embedded database."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from api.aws.sigv4 import Credentials
from api.local.aws_credentials import chain_credentials, is_remote
from api.local.data_folder import open_data_folder
from api.local.database.process import EmbeddedDatabase
from api.local.database.state import (
    has_content,
    require_database,
    require_sound_database,
    save_clean_stop,
    save_content_exists,
)
from api.local.installation import find_binary
from api.local.secrets_file import has_secrets, with_secrets
from api.local.upgrade import upgrade_format
from api.secret import Secret
from api.settings import Settings

# The embedded database requires a signature but does not check it.
UNCHECKED_CREDENTIALS = Credentials("local", Secret("local"))


# Prepares the table for the settings. Also gets the file of an embedded database that must have
# content, else None.
Prepare = Callable[[Settings, Path | None], object]


@contextlib.contextmanager
def bootstrap(settings: Settings, prepare: Prepare) -> Iterator[Settings]:
    """Yield the settings with secrets and a running database, which stops with the context.

    `prepare` creates the table, or checks it. If AWS_ENDPOINT_URL_DYNAMODB is set, no database is
    started, and credentials that the environment does not have come from boto3's default chain. If
    the environment also has both secrets, the data folder is not used. Raises StartError and
    SettingError.
    """
    embedded = settings.dynamodb_endpoint is None
    with contextlib.ExitStack() as stack:
        if embedded or not has_secrets(settings):
            folder = stack.enter_context(open_data_folder(settings.data))
            if embedded:
                require_database(folder)
            settings = with_secrets(settings, folder)
            if embedded:
                database = EmbeddedDatabase(find_binary(), folder.database)
                database.end_orphan()
                require_sound_database(folder)
            upgrade_format(folder)
        must_have_content = None
        if embedded:
            stack.callback(database.stop)
            database.start()
            settings = msgspec.structs.replace(
                settings, dynamodb_endpoint=database.endpoint, credentials=UNCHECKED_CREDENTIALS
            )
            must_have_content = folder.database if has_content(folder) else None
        elif settings.credentials is None and is_remote(settings):
            found = chain_credentials(settings)
            if found is not None:
                credentials, renewal = found
                stack.enter_context(renewal)
                settings = msgspec.structs.replace(settings, credentials=credentials)
        prepare(settings, must_have_content)
        if embedded:
            save_content_exists(folder)
        try:
            yield settings
        finally:
            if embedded:
                database.stop()
                save_clean_stop(folder)
