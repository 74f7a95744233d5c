"""The fixtures of the tests of backups: data of 0.1.0 that was upgraded, and a recovery key."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.local.data_folder import open_data_folder
from api.local.upgrade import upgrade_format
from api.operations.archive.recovery_keys import RecoveryKey, new_recovery_key
from tests.product.backups.helpers import Command
from tests.support.machine import ROOT
from tests.support.old_data import write_old_data


@pytest.fixture
def key() -> RecoveryKey:
    """A recovery key."""
    return new_recovery_key()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with an account, two keys, a token and two log entries."""
    folder = tmp_path / "data"
    write_old_data(folder)
    with open_data_folder(folder) as opened:
        upgrade_format(opened)
    return folder


@pytest.fixture
def command(tmp_path: Path, key: RecoveryKey) -> Command:
    """Runs the command line, which opens backups with the recovery key."""

    def run(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "api", *map(str, arguments)],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "API_DASHBOARD_BACKUP_PASSPHRASE": key.secret_text,
                **variables,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
