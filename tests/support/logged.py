"""Capture the log events of this process."""

from __future__ import annotations

import contextlib
import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

from api import logs
from api.logs import JsonFormatter

Events = Callable[[], list[dict[str, Any]]]


@contextlib.contextmanager
def logged() -> Iterator[Events]:
    """Yields a function that returns the events logged so far."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("api_dashboard")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    # A command that ran in this process may have left a stream to which lines go directly.
    direct, logs._stream = logs._stream, None
    try:
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    finally:
        logs._stream = direct
        logger.removeHandler(handler)
        logger.setLevel(level)
