"""The functions of a stack: new secrets reach them at once, and they can be closed for writes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from api.operations.aws.session import client, explained
from api.operations.errors import OperationError
from api.operations.places.stack import StackPlace

CLOSED = "API_DASHBOARD_CLOSED"
_POLL_SECONDS = 1.0
_PATIENCE = 180  # polls
# The program's description of a function has the versions of its parameters, the signing secret
# first (infra/function.py). A new one ends the processes with the old secrets.
_DESCRIPTION = re.compile(r"(API Dashboard, secrets )(\d+)(.*)")


class StackFunctions:
    """The API function and the streaming function. Every method raises OperationError."""

    def __init__(self, place: StackPlace, sleep: Callable[[float], None] = time.sleep) -> None:
        outputs = place.outputs
        self._names = [
            str(outputs[name])
            for name in ("FUNCTION_NAME", "PROXY_FUNCTION_NAME")
            if outputs.get(name)
        ]
        self._client: Any = client(place.session, "lambda")
        self._sleep = sleep

    def use_signing_version(self, version: int) -> None:
        """Start new processes, with the given version of the parameter `jwt-secret`."""
        for name in self._names:
            described = str(self._read(name).get("Description", ""))
            match = _DESCRIPTION.fullmatch(described)
            new = f"{match[1]}{version}{match[3]}" if match else f"{described} {version}".strip()
            if new != described:
                self._update(name, Description=new)
        self._wait()

    def close(self, reason: str) -> None:
        """Refuse everything but reads. `reason` is shown to callers."""
        self._set_closed(reason)

    def open(self) -> None:
        """Accept everything again."""
        self._set_closed(None)

    def closed(self) -> str | None:
        """Return why the functions are closed, None if they are open."""
        for name in self._names:
            reason = _variables(self._read(name)).get(CLOSED)
            if reason:
                return reason
        return None

    def _set_closed(self, reason: str | None) -> None:
        for name in self._names:
            variables = _variables(self._read(name))
            if variables.get(CLOSED) == reason:
                continue
            if reason is None:
                variables.pop(CLOSED, None)
            else:
                variables[CLOSED] = reason
            self._update(name, Environment={"Variables": variables})
        self._wait()

    def _read(self, name: str) -> dict[str, Any]:
        with explained(f"Reading the configuration of {name}"):
            found: dict[str, Any] = self._client.get_function_configuration(FunctionName=name)
        return found

    def _update(self, name: str, **changes: Any) -> None:
        with explained(f"Changing the configuration of {name}"):
            self._client.update_function_configuration(FunctionName=name, **changes)

    def _wait(self) -> None:
        for name in self._names:
            for _ in range(_PATIENCE):
                status = self._read(name).get("LastUpdateStatus", "Successful")
                if status == "Successful":
                    break
                if status == "Failed":
                    raise OperationError(
                        f"The function {name} did not take over its new configuration: see "
                        "`aws lambda get-function-configuration`, then repeat the command."
                    )
                self._sleep(_POLL_SECONDS)
            else:
                raise OperationError(
                    f"The function {name} is still being updated: repeat the command later."
                )


def _variables(configuration: dict[str, Any]) -> dict[str, str]:
    return dict(configuration.get("Environment", {}).get("Variables", {}))
