"""The endpoints of the audit log (`/api/audit`). No endpoint changes or deletes an entry (S53)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from flask import Response
from msgspec import Meta, UnsetType

from api.endpoint import EndpointGroup, RequestContext
from api.routes.paging import page_body, position
from api.schemas.audit import AuditEntryView, AuditSubjectView, Outcome
from api.schemas.fields import (
    DEFAULT_PAGE_LIMIT,
    PageCursor,
    PageLimit,
    listing,
    pattern,
)
from api.services.audit.csv_export import audit_csv
from api.storage.audit import AuditEntry, AuditFilter

group = EndpointGroup("Audit log")

AuditList = listing(
    AuditEntryView,
    searched_until=Annotated[
        float | UnsetType,
        Meta(
            description="Epoch seconds. If the search stopped before the page was full, no older "
            "entry than this was searched. Continue with `next_cursor`."
        ),
    ],
)

Time = Annotated[int, Meta(ge=0, le=4_102_444_800)]


class AuditFilterQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The entries to read."""

    action: (
        Annotated[
            str,
            pattern(
                r"^[a-z_]{1,40}\.([a-z_]{1,40})?$(?!\n)",
                "An action is given as key.update, or by its beginning, as key.",
            ),
            Meta(description="An action such as `key.update`, or a beginning such as `key.`."),
        ]
        | None
    ) = None
    outcome: Outcome | None = None
    source: (
        Annotated[
            str, Meta(max_length=64, description="Only entries from this address or network.")
        ]
        | None
    ) = None
    since: Annotated[Time | None, Meta(description="Epoch seconds, inclusive.")] = None
    until: Annotated[Time | None, Meta(description="Epoch seconds, exclusive.")] = None
    scope: Annotated[
        Literal["account", "installation"],
        Meta(
            description="`account` has what was done to your account, `installation` the "
            "commands of its operator, such as backups, which every user can read."
        ),
    ] = "account"

    def filter(self) -> AuditFilter:
        """Return the filter of the storage."""
        return AuditFilter(self.action, self.outcome, self.source, self.since, self.until)


class AuditQuery(AuditFilterQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A page of entries."""

    limit: PageLimit = DEFAULT_PAGE_LIMIT
    cursor: PageCursor | None = None


@group.endpoint(
    "GET", "/api/audit", "Read the audit log", query=AuditQuery, response=AuditList,
    problems=("invalid_cursor",),
)  # fmt: skip
def list_audit(context: RequestContext, query: AuditQuery) -> dict[str, object]:
    """Return who did what, from where and with which outcome, newest first.

    With a filter that matches little, a page may have fewer items than `limit`, or none, and still
    have a next page. `searched_until` then says how far back the log was searched.
    """
    audit_filter = query.filter()
    # A cursor is valid for the same filter only.
    name = f"audit:{query.scope}:{audit_filter!r}"
    after = position(context, name, query.cursor)
    owner = _owner(context, query)
    found = context.services.audit.entries(owner, audit_filter, query.limit, after)
    body = page_body(context, name, [_view(entry) for entry in found.items], found.next)
    if found.searched_until is not None:
        body["searched_until"] = found.searched_until
    return body


@group.endpoint(
    "GET", "/api/audit.csv", "Export the audit log as CSV", query=AuditFilterQuery, response=str,
    media_type="text/csv", audit="audit.export",
)  # fmt: skip
def export_audit(context: RequestContext, query: AuditFilterQuery) -> Response:
    """Return one row for each entry, newest first (RFC 4180), at most 10,000."""
    entries = context.services.audit.exported(_owner(context, query), query.filter())
    return Response(
        audit_csv(entries),
        content_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": 'attachment; filename="audit.csv"'},
    )


def _owner(context: RequestContext, query: AuditFilterQuery) -> str | None:
    """Return the user whose entries are read, None for those of the installation."""
    return context.username if query.scope == "account" else None


def _view(entry: AuditEntry) -> AuditEntryView:
    members = msgspec.structs.asdict(entry)
    subject = members.pop("subject")
    return AuditEntryView(
        subject=None if subject is None else AuditSubjectView(**msgspec.structs.asdict(subject)),
        **members,
    )
