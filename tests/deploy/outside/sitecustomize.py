"""The internet as the emulated function sees it: a few names, each led to a server on this machine.

Python imports this module by its name at start. The function's own code is left as it is: it finds
public addresses, judges them and connects to them; and it imports nothing but the bundle and the
standard library.
"""

import json
import os
import socket
import sys

_getaddrinfo = socket.getaddrinfo


def _install(names: dict[str, str], routes: dict[str, int]) -> None:
    def getaddrinfo(host, port, *arguments, **options):
        if host in names:
            return _getaddrinfo(names[host], port, *arguments, **options)
        local = routes.get(f"{host}:{port}")
        if local is None:
            raise socket.gaierror(socket.EAI_NONAME, "not in the rehearsal's internet")
        return _getaddrinfo("127.0.0.1", local, *arguments, **options)

    socket.getaddrinfo = getaddrinfo
    sys.path[:] = [entry for entry in sys.path if "site-packages" not in entry]


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _install(**json.loads(os.environ["REHEARSAL_INTERNET"]))
