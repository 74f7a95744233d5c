"""What the checks look at: a stack, or a table with the names that its stack would have."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from api.operations.aws.session import client, error_code, explained
from api.operations.errors import OperationError
from api.operations.places.stack import StackPlace
from api.operations.places.table import TablePlace

_PRODUCTION = ("prod", "production")


class Installation:
    """A place on AWS, its functions and its clients. Thread-safe.

    `place` is a stack or a table. A table's functions have the names that a stack of this base has.
    """

    def __init__(self, place: TablePlace) -> None:
        self.place = place
        self.outputs: dict[str, Any] = place.outputs if isinstance(place, StackPlace) else {}
        self.base = place.base
        self.table = place.table_name
        self.region = str(place.session.region_name)
        self._lock = threading.Lock()
        self._configurations: dict[str, dict[str, Any]] = {}

    @property
    def is_stack(self) -> bool:
        """Return whether the stack's outputs are known."""
        return isinstance(self.place, StackPlace)

    @property
    def is_production(self) -> bool:
        """Return whether the program protects the stack by default (infra/settings.py)."""
        return isinstance(self.place, StackPlace) and self.place.project.stack in _PRODUCTION

    @property
    def functions(self) -> dict[str, str]:
        """Return the names of the functions by what they are for: `api`, `proxy`, and `backup` if
        the stack makes backups by schedule.
        """
        names = {
            "api": str(self.outputs.get("FUNCTION_NAME") or self.base),
            "proxy": str(self.outputs.get("PROXY_FUNCTION_NAME") or f"{self.base}-proxy"),
        }
        backup = f"{self.base}-backup"
        if self.outputs.get("BACKUP_BUCKET"):
            with contextlib.suppress(OperationError):
                self.configuration(backup)
                names["backup"] = backup
        return names

    def aws(self, service: str, region: str | None = None) -> Any:
        """Return a client for a service, by default in the stack's region."""
        with self._lock:  # sessions of boto3 are not thread-safe
            if region is None:
                return client(self.place.session, service)
            with explained(f"Calling {service}"):
                return self.place.session.client(service, region_name=region)

    def configuration(self, name: str) -> dict[str, Any]:
        """Return the configuration of a function, which is read once. Raises OperationError."""
        found = self._configurations.get(name)
        if found is None:
            with explained(f"Reading the configuration of the function {name}"):
                found = self.aws("lambda").get_function_configuration(FunctionName=name)
            self._configurations[name] = found
        return found

    def environment(self, name: str) -> dict[str, str]:
        """Return the environment variables of a function. Raises OperationError."""
        return dict(self.configuration(name).get("Environment", {}).get("Variables", {}))


def is_missing(error: OperationError) -> bool:
    """Return whether AWS says that there is no such thing."""
    cause = error.__cause__
    return cause is not None and error_code(cause) in (
        "ResourceNotFoundException",
        "NoSuchBucket",
        "404",
    )
