"""A gunicorn worker that serves every connection in a greenlet, so that waiting costs no thread."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import gc
import os
import resource
import secrets
import signal
import socket
import threading
import time
import warnings
from http import HTTPStatus
from typing import Any

import gevent
from gevent import monkey
from gevent.event import Event
from gevent.hub import get_hub
from gunicorn.workers.base import Worker as GunicornWorker

from api import processor_work, stopping
from api.errors import Problem, ServerStopping
from api.http import waiting
from api.local.server.connection import ClientConnection, closing_response
from api.local.server.ending import ENDED_PER_SECOND, ENDING_SECONDS, calls_to_end
from api.local.server.gevent_waiting import GeventWaiting
from api.local.server.open_connections import OpenConnections
from api.local.server.processor_pool import ProcessorPool
from api.logs import log_event, log_failure

# Bytes of a thread's stack. Python code needs little of it (macOS gives threads 512 kB).
_STACK_SIZE = 1 << 20
_M_ARENA_MAX = -8  # malloc.h of glibc
_ARENAS = 2

# Objects that are allocated, less those that are freed, until cycles among them are looked for.
_ALLOCATIONS = 10_000

# Host names are resolved in threads of the operating system, which may hang.
LOOKUP_THREADS = 32
# Descriptors that a process needs beside those of its calls.
_RESERVED_DESCRIPTORS = 200
_OUT_OF_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
# Seconds.
_PAUSE = 0.05  # after a failed accept
_TURN = 0.002  # for a process with fewer connections to accept one
_NEXT_ENDING = 1.0  # until calls that must not be interrupted are looked at again
_RETRY_AFTER = 1

STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT})


class Worker(GunicornWorker):  # type: ignore[misc]
    """Serves connections; see the module's docstring."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        _reserve_little_memory()
        super().__init__(*arguments, **named)
        self._serving: dict[ClientConnection, gevent.Greenlet] = {}
        self._open: OpenConnections = self.app.open_connections
        self.row = 0

    def init_process(self) -> None:
        """Make the standard library cooperate with gevent, then start."""
        _patch_standard_library()
        # gunicorn reads a dozen settings for each request, each through three functions.
        self.cfg.__dict__.update({name: entry.get() for name, entry in self.cfg.settings.items()})
        get_hub().threadpool_size = LOOKUP_THREADS
        waiting.set_waiting(GeventWaiting())
        processor_work.set_processor(ProcessorPool())
        self._stopping = Event()
        self._hurried = Event()
        self._max_connections = max_connections()
        self._spare: int | None = os.open(os.devnull, os.O_RDONLY)
        super().init_process()

    def init_signals(self) -> None:
        """Stop at SIGTERM, at once at SIGQUIT. A terminal's signals are left to the master."""
        super().init_signals()
        gevent.signal_handler(signal.SIGTERM, self._stop)
        gevent.signal_handler(signal.SIGQUIT, self._hurry)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        # Signals that the master sent while this process started (see spawn_worker) arrive now.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def _stop(self) -> None:
        self.alive = False
        self._stopping.set()

    def _hurry(self) -> None:
        self._hurried.set()
        self._stop()

    def run(self) -> None:
        """Serve until a signal stops the worker."""
        _collect_garbage_rarely()
        listeners = self._listeners()
        accepting = [gevent.spawn(self._accept_all, listener) for listener in listeners]
        while self.alive:
            self.notify()
            if self.ppid != os.getppid():
                return
            if self.app.tls is not None:
                self.app.tls.reload()
            self._stopping.wait(1.0)
        gevent.killall(accepting)
        for listener in listeners:
            listener.close()
        self._finish()

    def _listeners(self) -> list[socket.socket]:
        listeners = []
        for inherited in self.sockets:
            descriptor = inherited.sock.detach()
            listener = socket.socket(inherited.FAMILY, socket.SOCK_STREAM, fileno=descriptor)
            listener.setblocking(False)
            listeners.append(listener)
        return listeners

    def _finish(self) -> None:
        """Let the responses in progress end. End those that do not, and record their calls."""
        self._open.take_no_more(self.row)
        for connection, greenlet in list(self._serving.items()):
            connection.stop()
            get_hub().loop.run_callback(self._end_idle, connection, greenlet)
        timeout = self.cfg.graceful_timeout
        end = time.monotonic() + timeout
        last = end - min(ENDING_SECONDS, timeout / 2)
        ended: set[ClientConnection] = set()
        while self._serving and not self._hurried.is_set() and time.monotonic() < last:
            self._end_some(ended, last)
        stopping.begin()
        if self._hurried.is_set():  # The master limits the time.
            end = time.monotonic() + ENDING_SECONDS + len(self._serving) / ENDED_PER_SECOND
        while self._serving and time.monotonic() < end:
            self._end_some(ended, end, all_left=True)

    def _end_some(self, ended: set[ClientConnection], until: float, all_left: bool = False) -> None:
        """End the calls that may be interrupted now, and wait a moment for them and others.

        Without `all_left`, end only as many as could otherwise not be recorded by `until`.
        """
        # The hub runs it between two steps of greenlets, so what it asks about them is true.
        get_hub().loop.run_callback(self._end_calls, ended, None if all_left else until)
        self._wait_for_calls(min(_NEXT_ENDING, until - time.monotonic()))

    def _end_calls(self, ended: set[ClientConnection], until: float | None) -> None:
        """Raise ServerStopping in each call once, unless it must not be interrupted now."""
        left = [connection for connection in self._serving if connection not in ended]
        seconds = 0.0 if until is None else until - time.monotonic()
        for connection in calls_to_end(left, seconds, self.cfg.workers):
            greenlet = self._serving.get(connection)
            if greenlet is not None and not stopping.is_held(id(greenlet)):
                ended.add(connection)
                greenlet.throw(ServerStopping)

    def _wait_for_calls(self, seconds: float) -> None:
        was_hurried = self._hurried.is_set()
        end = time.monotonic() + seconds
        while self._serving and time.monotonic() < end and self._hurried.is_set() == was_hurried:
            self.notify()
            gevent.wait(list(self._serving.values()), timeout=0.1)

    def _accept_all(self, listener: socket.socket) -> None:
        """Accept connections until the worker stops."""
        watch = (listener.fileno(), waiting.READ)
        while True:
            try:
                # One connection for each event, so that the worker processes share them.
                waiting.wait((watch,), 60.0)
                if self._open.has_fewer(len(self._serving)):
                    gevent.sleep(_TURN)
                sock, client = listener.accept()
                self._start(listener, sock, client)
            except BlockingIOError:
                continue
            except (OSError, MemoryError) as error:
                if isinstance(error, MemoryError) or error.errno in _OUT_OF_RESOURCES:
                    self._free_one(listener)

    def _start(self, listener: socket.socket, sock: socket.socket, client: Any) -> None:
        if len(self._serving) >= self._max_connections and not self._close_idle():
            _refuse(sock)
            return
        server = listener.getsockname()
        connection = ClientConnection(self.cfg, self.wsgi, sock, client, server, self.app.tls)
        self._serving[connection] = gevent.spawn(self._serve, connection)
        self._count()

    def _serve(self, connection: ClientConnection) -> None:
        try:
            connection.run()
        except MemoryError:
            log_failure("connection_failed")
        finally:
            self._serving.pop(connection, None)
            self._count()
            connection.close()

    def _count(self) -> None:
        if self.alive:
            self._open.set(self.row, len(self._serving))

    def _close_idle(self) -> bool:
        """Close the connection that is idle and was opened first. Return whether there is one."""
        for connection, greenlet in self._serving.items():
            if connection.is_idle:
                del self._serving[connection]
                get_hub().loop.run_callback(self._end_idle, connection, greenlet)
                return True
        return False

    def _end_idle(self, connection: ClientConnection, greenlet: gevent.Greenlet) -> None:
        """End a connection unless a request has just arrived.

        The hub runs it between two steps of greenlets: a call must not end in the middle.
        """
        if connection.is_idle:
            greenlet.throw(gevent.GreenletExit)
            self._serving.pop(connection, None)  # also if the greenlet had not begun
            connection.close()
        elif not greenlet.dead:
            self._serving[connection] = greenlet

    def _free_one(self, listener: socket.socket) -> None:
        """Close an idle connection or answer one client, because no descriptor is left.

        One descriptor is kept for such an answer.
        """
        if not self._close_idle() and self._spare is not None:
            os.close(self._spare)
            self._spare = None
            with contextlib.suppress(OSError):
                _refuse(listener.accept()[0])
        # A closed socket's descriptor is free when the event loop has run.
        gevent.sleep(_PAUSE)
        if self._spare is None:
            with contextlib.suppress(OSError):
                self._spare = os.open(os.devnull, os.O_RDONLY)


def _patch_standard_library() -> None:
    """Make the standard library cooperate with gevent.

    The master has imported `ssl`, about which gevent warns: a module that holds `SSLContext` itself
    blocks the process. No module that opens connections does.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", monkey.MonkeyPatchWarning)
        monkey.patch_all()


def max_connections() -> int:
    """Return how many connections a process can serve: each call needs two descriptors."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        limit = 1 << 16
    return max(16, (limit - _RESERVED_DESCRIPTORS) // 2)


def _refuse(sock: socket.socket) -> None:
    """Answer with 503 without waiting, and close the connection."""
    log_event("connection_refused", level="warning", reason="too many connections")
    problem = Problem("server_busy", "The server has too many connections. Try again in a moment.")
    response = closing_response(
        problem,
        HTTPStatus.SERVICE_UNAVAILABLE,
        secrets.token_hex(8),
        ("Retry-After", str(_RETRY_AFTER)),
    )
    with contextlib.suppress(OSError):
        sock.setblocking(False)
        sock.send(response)
        sock.shutdown(socket.SHUT_WR)
    sock.close()


def _collect_garbage_rarely() -> None:
    """Look for reference cycles less often, and not among the objects that exist at the start.

    A call leaves hardly any. With Python's thresholds, the search takes a tenth of a call's time,
    more with thousands of connections.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS)


def _reserve_little_memory() -> None:
    """Reserve less address space for each thread: 8 MB for its stack and 64 MB for its arena.

    Threads use little of both, but where the address space is limited (`ulimit -v`), a worker could
    not start its threads.
    """
    threading.stack_size(_STACK_SIZE)
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
