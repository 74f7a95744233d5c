"""Make the signing secret of another installation that of a stack, so that its tokens are valid."""

from __future__ import annotations

import logging

from api.operations.aws.functions import StackFunctions
from api.operations.aws.session import client, explained
from api.operations.errors import OperationError
from api.operations.items import InstallationSecrets
from api.operations.places.stack import StackPlace
from api.operations.places.table import TablePlace
from api.operations.restore_table import TakeSecrets

_SETTING = "signingSecret"


def taker_of(place: TablePlace) -> TakeSecrets:
    """Return what gives a signing secret to a table's stack. The stack keeps its encryption keys.

    It stores the secret in the parameter that the functions read, in Pulumi's configuration, so
    that `pulumi up` keeps it, and lets the functions start anew. Raises OperationError.
    """

    def take(secrets: InstallationSecrets) -> tuple[str, ...]:
        place.require_takes(secrets.signing)
        notes: tuple[str, ...] = ()
        if place.secrets().signing.reveal() == secrets.signing.reveal():
            if not isinstance(place, StackPlace):
                return notes
            version = _version(place)
        else:
            notes = _configure(place, secrets)
            version = _store(place, secrets)
        if isinstance(place, StackPlace):
            StackFunctions(place).use_signing_version(version)
        return notes

    return take


def _configure(place: TablePlace, secrets: InstallationSecrets) -> tuple[str, ...]:
    by_hand = (
        "Run this in the folder of the Pulumi program, or the next `pulumi up` brings the former "
        "signing secret back: aws ssm get-parameter --with-decryption "
        f"--name {_name(place)} --query Parameter.Value --output text | "
        f"pulumi config set --secret {_SETTING}"
    )
    if not isinstance(place, StackPlace):
        return (f"{by_hand}, then pulumi up.",)
    try:
        place.project.run(
            "config",
            "set",
            "--secret",
            _SETTING,
            text=secrets.signing.reveal(),
            doing="Storing the signing secret in Pulumi's configuration",
        )
    except OperationError as error:
        return (str(error), f"{by_hand} --stack {place.project.stack}")
    return (f"The stack's configuration has the signing secret now ({_SETTING}): commit the file.",)


def _name(place: TablePlace) -> str:
    return f"/{place.base}/jwt-secret"


def _version(place: TablePlace) -> int:
    with explained(f"Reading the parameter {_name(place)}"):
        answer = client(place.session, "ssm").get_parameter(Name=_name(place))
    return int(answer["Parameter"]["Version"])


def _store(place: TablePlace, secrets: InstallationSecrets) -> int:
    name = _name(place)
    # botocore logs parameters of calls at this level, and this one is a secret.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    with explained(f"Storing the parameter {name}"):
        answer = client(place.session, "ssm").put_parameter(
            Name=name, Value=secrets.signing.reveal(), Type="SecureString", Overwrite=True
        )
    return int(answer["Version"])
