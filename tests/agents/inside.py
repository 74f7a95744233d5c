"""The first process of a network namespace.

Brings loopback up, relays its ports to Unix sockets, answers that no host name exists, and runs
the command. When this process ends, the kernel ends all others of the namespace.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import threading

from tests.agents.relay import join

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
_MS_BIND = 4096
_NAME_ERROR = 0x8183


def loopback_up() -> None:
    """Bring the interface `lo` up (netdevice(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", b"lo", 0)
        answer = fcntl.ioctl(control, _SIOCGIFFLAGS, request)
        flags = struct.unpack("16sH14x", answer)[1]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _IFF_UP))


def answer_names(folder: str) -> None:
    """Serve DNS in this namespace: record each name, and answer that it does not exist."""
    configuration = os.path.join(folder, "resolv.conf")
    with open(configuration, "w") as file:
        file.write("nameserver 127.0.0.1\noptions attempts:1\n")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(configuration.encode(), b"/etc/resolv.conf", None, _MS_BIND, None):
        raise OSError(ctypes.get_errno(), "cannot replace /etc/resolv.conf in the namespace")
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))

    def serve() -> None:
        while True:
            query, caller = server.recvfrom(512)
            name, end = question(query)
            with open(os.path.join(folder, "names"), "a") as names:
                names.write(f"{name}\n")
            head = struct.pack("!HHHHHH", *struct.unpack("!H", query[:2]), _NAME_ERROR, 1, 0, 0, 0)
            server.sendto(head + query[12:end], caller)

    threading.Thread(target=serve, daemon=True).start()


def question(query: bytes) -> tuple[str, int]:
    """Return the name that a DNS query asks for, and the end of the question (RFC 1035 4.1.2)."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii", "replace"))
        at += 1 + query[at]
    return ".".join(labels), at + 5


def relay(port: int, path: str) -> None:
    """Relay connections to a port of this namespace's loopback to a Unix socket."""
    listener = socket.create_server(("127.0.0.1", port), backlog=128)

    def accept() -> None:
        while True:
            near, _ = listener.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(path)
            join(near, far)

    threading.Thread(target=accept, daemon=True).start()


def main(folder: str, relays: str, *command: str) -> int:
    """Prepare the namespace, run the command and return its exit code.

    `relays` are pairs of a port and a socket's path, `PORT=PATH`, with commas between them. The
    file `names` in `folder` gets the names that are looked up.
    """
    loopback_up()
    answer_names(folder)
    for pair in relays.split(","):
        port, _, path = pair.partition("=")
        relay(int(port), path)
    return subprocess.run(command, check=False).returncode
