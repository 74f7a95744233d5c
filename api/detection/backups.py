"""Backups by schedule that failed, and the first that was made after that."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from api.detection.observation import Observation
from api.services.notifications.wording import utc
from api.storage.notifications import Fact


class BackupOutcome(msgspec.Struct, frozen=True):
    """How the last backups by schedule ended, in epoch seconds.

    `failed_at` is None if the last one did not fail.
    """

    made_at: int | None
    failed_at: int | None


def backup_findings(outcome: BackupOutcome | None) -> Iterator[Observation]:
    """Find whether the last backup failed. None means that this server makes none."""
    if outcome is None:
        return
    if outcome.failed_at is not None:
        last = "There is no older one"
        facts: dict[str, Fact] = {"failed_at": outcome.failed_at}
        if outcome.made_at is not None:
            last = f"The last one is of {utc(outcome.made_at)}"
            facts["made_at"] = outcome.made_at
        yield _finding(
            "The backup failed",
            f"The scheduled backup of this server failed at {utc(outcome.failed_at)}. {last}. The "
            "server tries again every 15 minutes; its log and `api-dashboard doctor` say why.",
            facts,
        )
    elif outcome.made_at is not None:
        made = _finding(
            "Backups are made again",
            f"The scheduled backup of this server was made at {utc(outcome.made_at)}, after "
            "earlier ones had failed.",
            {"made_at": outcome.made_at},
        )
        yield msgspec.structs.replace(made, phase="ends")


def _finding(title: str, text: str, facts: dict[str, Fact]) -> Observation:
    return Observation(
        name="backup:schedule",
        event="backup",
        subject="schedule",
        title=title,
        text=text,
        facts=facts,
    )
