"""The function that backs up on a schedule ends with a clear error before Lambda ends it."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from api.aws_lambda import backup
from api.operations.errors import OperationError


def context(milliseconds: int) -> Any:
    return SimpleNamespace(get_remaining_time_in_millis=lambda: milliseconds)


def slow(_environ: object) -> Any:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        signal.pause()


def done(_environ: object) -> Any:
    summary = SimpleNamespace(bytes=12, records=3, sha256="ab")
    return "s3://bucket/scheduled/a.backup", summary


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, int], Any]:
    """Run the handler with a replaced backup and the time that Lambda leaves."""

    def handle(work: Any, milliseconds: int) -> Any:
        monkeypatch.setattr(backup, "_back_up", work)
        return backup.handler({}, context(milliseconds))

    return handle


def test_a_backup_that_takes_too_long_fails_before_lambda_ends_it(
    run: Callable[[Any, int], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    previous = signal.getsignal(signal.SIGALRM)
    with pytest.raises(OperationError, match="did not end within the time that Lambda allows"):
        run(slow, int(backup._TO_CLEAN_UP * 1000) + 1)
    assert signal.getsignal(signal.SIGALRM) is previous
    assert "backup_failed" in "".join(capsys.readouterr())


def test_a_backup_is_logged_in_one_line_with_its_size_and_its_digest(
    run: Callable[[Any, int], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    answer = run(done, 900_000)
    assert answer == {"target": "s3://bucket/scheduled/a.backup", "bytes": 12, "sha256": "ab"}
    (line,) = "".join(capsys.readouterr()).strip().splitlines()
    logged = json.loads(line)
    assert (logged["bytes"], logged["items"], logged["sha256"]) == (12, 3, "ab")
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
