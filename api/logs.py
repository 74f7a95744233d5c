"""Write log events as JSON lines, without headers, bodies, queries or secrets."""

from __future__ import annotations

import logging
import os
import re
import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import msgspec

request_id: ContextVar[str] = ContextVar("request_id", default="-")

_logger = logging.getLogger("api_dashboard")
_encoder = msgspec.json.Encoder(enc_hook=lambda value: repr(value))
# Text that looks like a credential is masked, even if it is not of type Secret.
_SECRETS = re.compile(
    r"apd_[0-9a-z]{16,}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+|gAAAAA[A-Za-z0-9_=-]{20,}"
    r"|(?i:bearer|basic) +[A-Za-z0-9._~+/=-]{8,}|sk-[A-Za-z0-9_-]{16,}"
)
_SECRET_PREFIXES = ("apd_", "eyj", "gaaaaa", "bearer ", "basic ", "sk-")
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_stream: Any = None


class DescriptorStream:
    """Writes text to a file descriptor, without the buffer of `sys.stderr` and its lock.

    The server forks its workers while other threads may write to the log. A worker that was forked
    in the middle of a write would wait for that lock for ever.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, text: str) -> int:
        """Write a text at once. Raises OSError."""
        data = text.encode(errors="backslashreplace")
        while data:
            data = data[os.write(self._descriptor, data) :]
        return len(text)

    def flush(self) -> None:
        """Do nothing: nothing is held back."""


class JsonFormatter(logging.Formatter):
    """Formats any log record, including those of libraries, as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        members = getattr(record, "members", None)
        if members is None:
            members = {"message": record.getMessage()}
        if record.exc_info and record.exc_info[0] is not None:
            members = {
                **members,
                "exception": record.exc_info[0].__name__,
                "trace": _trace(record),
            }
        event = getattr(record, "event", record.name)
        return _line(record.created, record.levelname.lower(), event, members)


def masked(text: str) -> str:
    """Mask everything in a text that looks like a credential."""
    # Most lines contain no credential, and a search for words is cheaper than one for patterns.
    lowered = text.lower()
    for word in _SECRET_PREFIXES:
        if word in lowered:
            return _SECRETS.sub("***", text)
    return text


def log_event(event: str, level: str = "info", **members: Any) -> None:
    """Write an event. The type Secret masks itself; times are epoch seconds."""
    if _stream is not None:
        # Does not use the logging module, whose records and lock cost 5 % of a proxied call.
        try:
            _stream.write(_line(time.time(), level, event, members) + "\n")
            _stream.flush()
        except (OSError, ValueError):
            pass
        return
    severity = _LEVELS[level]
    if _logger.isEnabledFor(severity):
        _logger.log(severity, event, extra={"event": event, "members": members})


def log_failure(event: str, **members: Any) -> None:
    """Write an error event with the location of the handled exception, without its values."""
    _logger.error(event, exc_info=True, extra={"event": event, "members": members})


def set_up_logging(stream: Any = None) -> None:
    """Send every log record of the process to `stream` (default: stderr) as JSON lines."""
    global _stream
    _stream = stream if stream is not None else sys.stderr
    handler = logging.StreamHandler(_stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    _logger.setLevel(logging.INFO)


def _line(at: float, level: str, event: str, members: Mapping[str, Any]) -> str:
    """Return an event as JSON; `at` is in epoch seconds."""
    fields = {
        "time": round(at, 3),
        "level": level,
        "event": event,
        "request_id": request_id.get(),
        **members,
    }
    return masked(_encoder.encode(fields).decode())


def _trace(record: logging.LogRecord) -> list[str]:
    """Return the files and lines of an exception, without values, which may be secrets."""
    assert record.exc_info is not None
    frames = []
    traceback = record.exc_info[2]
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return frames[-12:]


def milliseconds_since(start: float) -> int:
    """Return the whole milliseconds since `start`, a value of `time.perf_counter()`."""
    return round((time.perf_counter() - start) * 1000)
