"""Entry point of the function that backs up the table on a schedule."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator, Mapping
from typing import Any

from api.logs import log_event, log_failure, set_up_logging
from api.operations.archive.files import open_output
from api.operations.archive.locks import Locks
from api.operations.archive.recovery_keys import parse_public
from api.operations.archive.writer import ArchiveSummary
from api.operations.aws.session import open_session
from api.operations.backup import back_up
from api.operations.backup_names import file_name
from api.operations.errors import OperationError
from api.operations.places.table import TablePlace

# Seconds before Lambda ends the function, to remove what was uploaded and to write the log.
_TO_CLEAN_UP = 20.0
_PARAMETERS = ("JWT_SECRET_PARAMETER", "FERNET_KEYS_PARAMETER")


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Write a backup to a new object and log its size and its digest.

    Raises OperationError if it fails, also shortly before Lambda would end the function, so that
    the alarm on the function's errors reports it. Lambda repeats a failed event twice.
    """
    set_up_logging()
    started = time.monotonic()
    try:
        with _until(context.get_remaining_time_in_millis() / 1000 - _TO_CLEAN_UP):
            target, summary = _back_up(os.environ)
    except BaseException:
        log_failure("backup_failed")
        raise
    log_event(
        "backup_written",
        target=target,
        bytes=summary.bytes,
        items=summary.records,
        sha256=summary.sha256,
        seconds=round(time.monotonic() - started, 1),
    )
    return {"target": target, "bytes": summary.bytes, "sha256": summary.sha256}


@contextlib.contextmanager
def _until(seconds: float) -> Iterator[None]:
    """Raise OperationError in the block after a time. For the main thread, where handlers run."""

    def end(_signal: int, _frame: object) -> None:
        raise OperationError(
            "The backup did not end within the time that Lambda allows a function, and nothing of "
            "it is kept: run `api-dashboard backup --stack NAME` on another machine."
        )

    previous = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _back_up(environ: Mapping[str, str]) -> tuple[str, ArchiveSummary]:
    session = open_session()
    place = TablePlace(
        session,
        environ["DYNAMODB_TABLE"],
        parameters=tuple(environ[name] for name in _PARAMETERS),
    )
    target = environ["API_DASHBOARD_BACKUP_TARGET"] + file_name(time.time())
    recipient = parse_public(environ["API_DASHBOARD_BACKUP_RECIPIENT"])
    output = open_output(target, session=session)
    return target, back_up(place, output, Locks(recovery_keys=(recipient,)))
