"""Backups that failed, and the first that was made after that."""

from __future__ import annotations

from api.detection.backups import BackupOutcome, backup_findings
from api.detection.observation import news_of
from api.storage.noted_findings import NotedFinding

NOW = 1_790_000_000


def test_a_failure_and_the_first_backup_after_it_are_news() -> None:
    noted: dict[str, NotedFinding] = {}
    titles = []
    for outcome in [
        None,
        BackupOutcome(NOW, None),
        BackupOutcome(NOW, NOW + 10),
        BackupOutcome(NOW, NOW + 910),
        BackupOutcome(NOW + 1800, None),
        BackupOutcome(NOW + 9000, None),
        BackupOutcome(NOW + 9000, NOW + 10_000),
        None,
        BackupOutcome(NOW + 20_000, None),
    ]:
        news, noted = news_of(backup_findings(outcome), noted, ("backup",), NOW + 100)
        titles.append([each.finding.title for each in news])
    failed, again = ["The backup failed"], ["Backups are made again"]
    assert titles == [[], [], failed, [], again, [], failed, [], []]


def test_a_message_names_no_folder() -> None:
    (finding,) = backup_findings(BackupOutcome(None, NOW))
    assert finding.text == (
        "The scheduled backup of this server failed at 2026-09-21 14:13 UTC. There is no older "
        "one. The server tries again every 15 minutes; its log and `api-dashboard doctor` say why."
    )
