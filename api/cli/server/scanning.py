"""The server's periodic scan for what to notify users of."""

from __future__ import annotations

import time
from pathlib import Path

from api.detection.backups import BackupOutcome
from api.local.backup_state import read_backup_state
from api.local.periodic import Periodic
from api.settings import Settings
from api.wiring.detection import build_event_scan
from api.wiring.shared import Storage

# Seconds until the first scan, between scans, and that one may take. A database elsewhere charges
# for reads.
_DELAY = 5.0
_INTERVAL = 15.0
_REMOTE_INTERVAL = 30.0
_LONGEST = 5.0


def periodic_scan(settings: Settings, storage: Storage, data: Path) -> Periodic:
    """Return the scan. `data` is the server's data folder."""

    def backup_outcome() -> BackupOutcome | None:
        state = read_backup_state(data)
        return None if state is None else BackupOutcome(state.made_at, state.failed_at)

    backups = backup_outcome if settings.backups is not None else None
    scan = build_event_scan(storage, time.time, backups)
    interval = _INTERVAL if settings.has_local_database else _REMOTE_INTERVAL
    return Periodic(lambda: scan.run(_LONGEST), _DELAY, interval)
