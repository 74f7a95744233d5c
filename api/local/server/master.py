"""The HTTP server of one machine: gunicorn's master with workers of ours."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any
from wsgiref.types import WSGIApplication

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import AppImportError, HaltServer
from gunicorn.glogging import Logger

from api.errors import SettingError, StartError
from api.local.database.parent_death import die_with_parent
from api.local.server.api_hosts import Doors
from api.local.server.http import MAX_FIELD_SIZE, MAX_FIELDS
from api.local.server.worker import STOP_SIGNALS, Worker
from api.settings import Settings

# The APIs' own ports are for programs of this machine.
API_HOST = "127.0.0.1"
BIND_PATIENCE = 3.0
STOP_SECONDS = 30
BACKLOG = 1024


def run(settings: Settings, make_app: Callable[[], WSGIApplication]) -> int:
    """Serve until SIGTERM or SIGINT and return the exit code: 0 after a stop that was asked for.

    Each worker process calls `make_app` for itself. The app's environ holds, beside PEP 3333:
    `api_dashboard.headers`, the request's fields as sent (list of name, value); `RAW_URI`, the
    target as sent, always in origin-form; `gunicorn.socket`, the client's socket. Reading
    `wsgi.input` raises OSError when the body is malformed, ends early or comes too slowly.
    Raises StartError when the address cannot be listened on.
    """
    listeners = [listen(settings.host, settings.port)]
    for port in settings.api_ports.values():
        listeners.append(listen(API_HOST, port, setting="API_DASHBOARD_API_PORTS"))
    server = _Server(settings, make_app, listeners)
    master = os.getpid()
    try:
        _Master(server).run()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
        if os.getpid() != master:
            # A worker ends here: what the master keeps open on its stack is not the worker's.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        return 1 if code else 0
    return 0


def listen(
    host: str,
    port: int,
    patience: float = BIND_PATIENCE,
    setting: str = "API_DASHBOARD_PORT",
) -> socket.socket:
    """A listening socket, `patience` seconds waited for a predecessor that is just ending.

    `setting` is where a user changes the port. Raises StartError when the port is taken or the
    address is not this machine's.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            listener = socket.socket(family, kind, protocol)
            try:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(address)
                listener.listen(BACKLOG)
            except OSError:
                listener.close()
                raise
            return listener
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise StartError(
                    f"API Dashboard cannot listen on {host} port {port} ({error.strerror}): "
                    f"set API_DASHBOARD_HOST and {setting} to an address of this machine "
                    "and a port that this user may use."
                ) from error
            if time.monotonic() >= deadline:
                raise StartError(
                    f"Port {port} on {host} is taken by another program: stop that program, "
                    f"or set {setting} to another port."
                ) from error
        time.sleep(0.05)


def address_of(host: str, port: int) -> str:
    """The URL of the server, as a person would open it."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn's settings, all of them ours: no file, argument or variable of gunicorn is read."""

    def __init__(
        self,
        settings: Settings,
        make_app: Callable[[], WSGIApplication],
        listeners: Sequence[socket.socket],
    ) -> None:
        self._settings = settings
        self._make_app = make_app
        self._listeners = listeners
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        options: dict[str, Any] = {
            "bind": [f"fd://{listener.detach()}" for listener in self._listeners],
            "workers": self._settings.workers,
            "threads": self._settings.threads,
            "worker_class": Worker,
            "worker_connections": 1000 + self._settings.threads,
            "keepalive": 75,
            "timeout": 60,
            "graceful_timeout": STOP_SECONDS,
            "limit_request_line": 0,  # exchange.py has a limit of its own; gunicorn's ends at 8 kB
            "limit_request_fields": MAX_FIELDS,
            "limit_request_field_size": MAX_FIELD_SIZE,
            "http_parser": "python",
            "http_protocols": "h1",
            "header_map": "drop",
            # No field of a request is taken for a trusted proxy's (S14).
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "secure_scheme_headers": {},
            "proxy_allow_ips": "",
            "accesslog": None,
            "logger_class": _Log,
            "control_socket_disable": True,
            "post_fork": _after_fork,
            "post_worker_init": self._announce,
            "proc_name": "api-dashboard",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        """The app, made in the worker that calls this."""
        try:
            app = self._make_app()
        except (SettingError, StartError) as error:
            # gunicorn prints the sentence, without a trace, and ends.
            raise AppImportError(str(error)) from error
        return Doors(app, self._settings.api_ports, self._settings.public_url)

    def _announce(self, worker: Worker) -> None:
        if worker.age > 1:
            return
        url = address_of(self._settings.host, self._settings.port)
        print(f"API Dashboard listens on {url}", flush=True)
        for api_name, port in self._settings.api_ports.items():
            print(f"{api_name} alone: {address_of(API_HOST, port)}", flush=True)
        print(f"The API's documentation: {url}/api/docs", flush=True)


class _Master(Arbiter):  # type: ignore[misc]
    """gunicorn's master. SIGINT ends as gracefully as SIGTERM; a second one ends at once."""

    def init_signals(self) -> None:
        """As gunicorn's, except that `nohup` holds."""
        before = signal.getsignal(signal.SIGHUP)
        super().init_signals()
        if before is signal.SIG_IGN:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def spawn_worker(self) -> Any:
        """As gunicorn's; a signal to a worker that has no handlers yet waits instead of being lost
        in the copy of ours that the fork gave it."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        try:
            return super().spawn_worker()
        finally:
            if os.getpid() == self.pid:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def stop(self, graceful: bool = True) -> None:
        """As gunicorn's, however many workers fail meanwhile."""
        while True:
            try:
                super().stop(graceful)
                return
            except HaltServer:
                continue

    def handle_int(self) -> None:
        self.handle_term()

    def handle_hup(self) -> None:
        """A terminal that was closed ends the product; there is no configuration to read again."""
        self.handle_term()

    def handle_usr2(self) -> None:
        """No second master: it could not open the data folder."""


class _Log(Logger):  # type: ignore[misc]
    """gunicorn's log, handed on to the product's own."""

    def setup(self, cfg: Any) -> None:
        self._access_log_enabled = False
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)

    def reopen_files(self) -> None:
        """There are none."""

    def close_on_exec(self) -> None:
        """There are none."""


def _after_fork(_master: Any, worker: Worker) -> None:
    die_with_parent(worker.ppid)


def stop_on_signal_while_starting() -> None:
    """Let SIGTERM end the start as Ctrl-C does, so that what was begun is undone."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
