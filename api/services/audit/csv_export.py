"""The audit log as CSV (RFC 4180), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime

from api.services.csv_cells import plain_cell
from api.storage.audit import AuditEntry

_COLUMNS = (
    "time",
    "action",
    "outcome",
    "code",
    "source",
    "network",
    "client",
    "user_agent",
    "session_id",
    "subject_type",
    "subject_id",
    "subject_name",
    "details",
    "audit_id",
)


def audit_csv(entries: Sequence[AuditEntry]) -> str:
    """Return one row for each entry. Times are in UTC (RFC 3339)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for entry in entries:
        writer.writerow([plain_cell(cell) for cell in _cells(entry)])
    return text.getvalue()


def _cells(entry: AuditEntry) -> tuple[str, ...]:
    subject = entry.subject
    return (
        datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="milliseconds"),
        entry.action,
        entry.outcome,
        entry.code or "",
        entry.source,
        entry.network,
        entry.client,
        entry.user_agent,
        entry.session_id or "",
        subject.type if subject else "",
        subject.id if subject else "",
        subject.name if subject else "",
        "; ".join(f"{name}={value}" for name, value in sorted(entry.details.items())),
        entry.audit_id,
    )
