"""Name resolution of the emulated functions: a few names, each with a server on this machine.

Python imports this module at start because of its name. The function's own code is unchanged: it
resolves public addresses, checks them and connects to them. It can import only the bundle, the
standard library, and boto3 as in the managed runtimes.
"""

import json
import os
import socket
import sys
from typing import Any

_getaddrinfo = socket.getaddrinfo
_connect = socket.socket.connect


def _install(names: dict[str, str], routes: dict[str, int], packages: str) -> None:
    def getaddrinfo(host: str, port: int, *arguments: Any, **options: Any) -> Any:
        _bucket, dot, service = host.partition(".s3.")
        if dot:  # each bucket of S3 has a name of its own
            host = f"s3.{service}"
        if host in names:
            return _getaddrinfo(names[host], port, *arguments, **options)
        local = routes.get(f"{host}:{port}")
        if local is None:
            raise socket.gaierror(socket.EAI_NONAME, "not in the rehearsal's internet")
        return _getaddrinfo("127.0.0.1", local, *arguments, **options)

    def connect(connection: socket.socket, address: Any) -> None:
        local = routes.get(f"{address[0]}:{address[1]}")
        _connect(connection, address if local is None else ("127.0.0.1", local))

    socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]
    # boto3 connects to what the name resolves to, without resolving the address again.
    socket.socket.connect = connect  # type: ignore[assignment,method-assign]
    sys.path[:] = [entry for entry in sys.path if "site-packages" not in entry]
    sys.path.append(packages)


def _world() -> Any:
    """Return the rehearsal's internet, with the Runtime API if the function calls it itself."""
    world = json.loads(os.environ["REHEARSAL_INTERNET"])
    runtime_api = os.environ.get("AWS_LAMBDA_RUNTIME_API")
    if runtime_api:
        world["routes"][runtime_api] = int(runtime_api.rpartition(":")[2])
    return world


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # The emulator sets it. On AWS, boto3 finds each service by its name.
    os.environ.pop("AWS_ENDPOINT_URL", None)
    _install(**_world())
