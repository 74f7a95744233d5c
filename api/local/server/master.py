"""The HTTP server of one machine: gunicorn's master process with the product's worker class."""

from __future__ import annotations

import contextlib
import errno
import itertools
import logging
import os
import queue
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any
from wsgiref.types import WSGIApplication

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import AppImportError, HaltServer
from gunicorn.glogging import Logger

from api.errors import SettingError, StartError
from api.local.database.parent_death import die_with_parent
from api.local.server.api_hosts import ApiHosts
from api.local.server.host_check import HostCheck
from api.local.server.http import MAX_FIELD_SIZE, MAX_FIELDS
from api.local.server.open_connections import OpenConnections
from api.local.server.tls import TlsServer
from api.local.server.worker import STOP_SIGNALS, Worker
from api.settings import Settings

# API ports are for programs on this machine.
API_PORT_ADDRESS = "127.0.0.1"
BIND_SECONDS = 3.0
# From a second stop signal on. Recording hundreds of calls takes a second or two.
HURRY_SECONDS = 10.0
BACKLOG = 4096  # the system may allow less
MAX_DESCRIPTORS = 1 << 16


def serve(
    settings: Settings,
    make_app: Callable[[], WSGIApplication],
    use_row: Callable[[int], None] = lambda row: None,
    message: Sequence[str] = (),
    end_app: Callable[[], None] = lambda: None,
) -> int:
    """Serve until SIGTERM or SIGINT. Return the exit code, 0 after a requested stop.

    Each worker process calls `use_row` with its row in memory that all of them share, the lowest
    number from 0 that no other live process has, then `make_app`. `message` are lines to print
    after the address when the server is ready. A worker calls `end_app` when its calls have ended.

    In addition to PEP 3333, the app's environ contains: `api_dashboard.headers`, the received
    fields (list of name, value); `RAW_URI`, the received target, always in origin form;
    `gunicorn.socket`, the client's socket as `Watched`; `api_dashboard.can_upgrade`, true. The app
    may return an `Upgrade`. Reading `wsgi.input` raises OSError if the body is malformed, ends
    early or arrives too slowly.

    Raises StartError if the server cannot listen on the address.
    """
    allow_many_connections()
    _tls(settings)  # A certificate that cannot be used is reported before the port is opened.
    listeners = [listen(settings.host, settings.port)]
    for port in settings.api_ports.values():
        listeners.append(listen(API_PORT_ADDRESS, port, setting="API_DASHBOARD_API_PORTS"))
    application = _Application(settings, make_app, use_row, listeners, message, end_app)
    master = os.getpid()
    try:
        _Master(application).run()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
        if os.getpid() != master:
            # This is a worker. It must not clean up resources of the master.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        return 1 if code else 0
    return 0


def allow_many_connections() -> None:
    """Raise the number of files that this process may open, as far as this user may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MAX_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # macOS has a lower limit than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def listen(
    host: str,
    port: int,
    timeout: float = BIND_SECONDS,
    setting: str = "API_DASHBOARD_PORT",
) -> socket.socket:
    """Return a listening socket. Wait up to `timeout` seconds for a process that is stopping.

    `setting` is the name of the setting for the port. Raises StartError if the port is in use or
    the address does not belong to this machine.
    """
    deadline = time.monotonic() + timeout
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
                    f"Port {port} on {host} is in use by another program: stop that program, "
                    f"or set {setting} to another port."
                ) from error
        time.sleep(0.05)


def server_url(host: str, port: int, secure: bool = False) -> str:
    """Return the URL of the server, as opened in a browser. `secure` is whether it uses TLS."""
    name = f"[{host}]" if ":" in host else host
    return f"{'https' if secure else 'http'}://{name}:{port}"


def _tls(settings: Settings) -> TlsServer | None:
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    return TlsServer(settings.tls_certificate, settings.tls_key)


class _Application(BaseApplication):  # type: ignore[misc]
    """gunicorn's configuration. Files, arguments and variables of gunicorn are not read."""

    def __init__(
        self,
        settings: Settings,
        make_app: Callable[[], WSGIApplication],
        use_row: Callable[[int], None],
        listeners: Sequence[socket.socket],
        message: Sequence[str],
        end_app: Callable[[], None],
    ) -> None:
        self._message = message
        self._end_app = end_app
        self._settings = settings
        self._make_app = make_app
        self._use_row = use_row
        self._listeners = listeners
        self.tls: TlsServer | None = None  # of the calling worker
        self.open_connections = OpenConnections(settings.workers)
        super().__init__()

    def load_config(self) -> None:
        """Set the options. Called by gunicorn."""
        options: dict[str, Any] = {
            "bind": [f"fd://{listener.detach()}" for listener in self._listeners],
            "workers": self._settings.workers,
            "worker_class": Worker,
            "timeout": 60,
            "graceful_timeout": self._settings.stop_timeout,
            "limit_request_line": 0,  # http.py has its own limit; gunicorn's maximum is 8 kB
            "limit_request_fields": MAX_FIELDS,
            "limit_request_field_size": MAX_FIELD_SIZE,
            "http_parser": "python",
            "http_protocols": "h1",
            "header_map": "drop",
            # No request field is trusted as set by a proxy (S14).
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "secure_scheme_headers": {},
            "proxy_allow_ips": "",
            # Sets `wsgi.url_scheme`. The worker has its own TLS context.
            "certfile": self._settings.tls_certificate,
            "keyfile": self._settings.tls_key,
            "accesslog": None,
            "logger_class": _Log,
            "control_socket_disable": True,
            "pre_fork": _assign_row,
            "post_fork": self._after_fork,
            "post_worker_init": self._announce,
            "worker_exit": self._before_exit,
            "proc_name": "api-dashboard",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        """Return the app, created in the calling worker."""
        try:
            app = self._make_app()
        except (SettingError, StartError) as error:
            # gunicorn prints the sentence without a traceback and exits.
            raise AppImportError(str(error)) from error
        self.tls = _tls(self._settings)
        by_host = ApiHosts(app, self._settings.api_ports, self._settings.public_url)
        return HostCheck(by_host, self._settings)

    def _before_exit(self, _master: Any, _worker: Worker) -> None:
        self._end_app()

    def _after_fork(self, _master: Any, worker: Worker) -> None:
        die_with_parent(worker.ppid)
        self.open_connections.set(worker.row, 0)
        self._use_row(worker.row)

    def _announce(self, worker: Worker) -> None:
        if worker.age > 1:
            return
        secure = self._settings.tls_certificate is not None
        url = server_url(self._settings.host, self._settings.port, secure)
        print(f"API Dashboard listens on {url}", flush=True)
        for api_name, port in self._settings.api_ports.items():
            api_url = server_url(API_PORT_ADDRESS, port, secure)
            print(f"API port of {api_name}: {api_url}", flush=True)
        print(f"The API's documentation: {url}/api/docs", flush=True)
        for line in self._message:
            print(line, flush=True)


class _Master(Arbiter):  # type: ignore[misc]
    """gunicorn's master process. SIGINT stops it gracefully, like SIGTERM; a second one at once."""

    def init_signals(self) -> None:
        """Like gunicorn, but keep ignoring SIGHUP under `nohup`."""
        before = signal.getsignal(signal.SIGHUP)
        super().init_signals()
        if before is signal.SIG_IGN:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def spawn_worker(self) -> Any:
        """Like gunicorn, but block stop signals until the worker has its own handlers.

        Otherwise the worker would handle an early signal with the handlers it inherits from the
        master, and the signal would be lost.
        """
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        try:
            return super().spawn_worker()
        finally:
            if os.getpid() == self.pid:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def stop(self, graceful: bool = True) -> None:
        """Stop the workers within the graceful timeout, also if some fail in the meantime.

        Another stop signal makes them end the calls in progress at once, for which gunicorn leaves
        two seconds.
        """
        listeners: list[Any] = self.LISTENERS
        while listeners:
            listeners.pop().close()
        self.kill_workers(signal.SIGTERM if graceful else signal.SIGQUIT)
        end = time.monotonic() + (self.cfg.graceful_timeout if graceful else HURRY_SECONDS)
        while self._has_workers() and time.monotonic() < end:
            if self._is_signalled_again():
                self.kill_workers(signal.SIGQUIT)
                end = min(end, time.monotonic() + HURRY_SECONDS)
            time.sleep(0.05)
        self.kill_workers(signal.SIGKILL)
        self._has_workers()

    def _has_workers(self) -> bool:
        with contextlib.suppress(HaltServer):
            self.reap_workers()
        return bool(self.WORKERS)

    def _is_signalled_again(self) -> bool:
        found = False
        with contextlib.suppress(queue.Empty):
            while True:
                found = self.SIG_QUEUE.get_nowait() in STOP_SIGNALS or found
        return found

    def handle_int(self) -> None:
        self.handle_term()

    def handle_hup(self) -> None:
        """Stop when the terminal is closed; there is no configuration to reload."""
        self.handle_term()

    def handle_usr2(self) -> None:
        """Do nothing: a second master could not open the data folder."""


class _Log(Logger):  # type: ignore[misc]
    """gunicorn's logger, which forwards to the product's log."""

    def setup(self, cfg: Any) -> None:
        self._access_log_enabled = False
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)

    def reopen_files(self) -> None:
        """Do nothing: there are no log files."""

    def close_on_exec(self) -> None:
        """Do nothing: there are no log files."""


def _assign_row(master: Any, worker: Worker) -> None:
    taken = {other.row for other in master.WORKERS.values()}
    worker.row = next(row for row in itertools.count() if row not in taken)
