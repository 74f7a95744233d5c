"""Name resolution of the emulated function: a few names, each with a server on this machine.

Python imports this module at start because of its name. The function's own code is unchanged: it
resolves public addresses, checks them and connects to them. It can import only the bundle and the
standard library.
"""

import json
import os
import socket
import sys
from typing import Any

_getaddrinfo = socket.getaddrinfo


def _install(names: dict[str, str], routes: dict[str, int]) -> None:
    def getaddrinfo(host: str, port: int, *arguments: Any, **options: Any) -> Any:
        if host in names:
            return _getaddrinfo(names[host], port, *arguments, **options)
        local = routes.get(f"{host}:{port}")
        if local is None:
            raise socket.gaierror(socket.EAI_NONAME, "not in the rehearsal's internet")
        return _getaddrinfo("127.0.0.1", local, *arguments, **options)

    socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]
    sys.path[:] = [entry for entry in sys.path if "site-packages" not in entry]


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _install(**json.loads(os.environ["REHEARSAL_INTERNET"]))
