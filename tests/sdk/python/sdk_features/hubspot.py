"""hubspot-api-client, HubSpot's official SDK."""

from __future__ import annotations

import importlib
import json
import tempfile
from typing import Any

from .shared import FILE, raised

PROPERTIES = {"email": "ada@example.com", "lastname": "Lövelace"}


def call(client: Any, _: Any) -> object:
    contacts = importlib.import_module("hubspot.crm.contacts")
    asked = contacts.SimplePublicObjectInputForCreate(properties=PROPERTIES)
    made = client.crm.contacts.basic_api.create(simple_public_object_input_for_create=asked)
    return [made.properties["email"], made.properties["lastname"]]


def retried(client: Any, context: Any) -> object:
    # The SDK retries only with this argument.
    retry = importlib.import_module("urllib3").Retry(total=1, status_forcelist=(429, 502))
    address = context.others["hubspot"]
    again = type(client)(access_token=context.token, host=address, retry=retry)
    return [one.id for one in again.crm.contacts.basic_api.get_page(limit=2).results]


def upload(client: Any, _: Any) -> object:
    with tempfile.NamedTemporaryFile() as file:
        file.write(FILE)
        file.flush()
        options = json.dumps({"access": "PRIVATE"})
        made = client.files.files_api.upload(file=file.name, folder_path="/", options=options)
    return made.size


def pages(client: Any, _: Any) -> object:
    return [one.id for one in client.crm.contacts.get_all()]


def error(client: Any, _: Any) -> object:
    return raised(lambda: client.crm.contacts.basic_api.get_by_id("none"))


FEATURES = {
    "call": call,
    "upload": upload,
    "pages": pages,
    "retry_429": retried,
    "retry_5xx": retried,
    "error": error,
    "limit": lambda client, _: raised(lambda: call(client, _)),
    "revoked": lambda client, _: raised(lambda: call(client, _)),
}
