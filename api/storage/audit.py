"""The audit log: `USER#{username}` / `AUDIT#{milliseconds}#{random}`, kept for days.

Operator commands on the installation have the partition `AUDIT`. Refused attempts that are summed
have `{action}` in place of the random part, one item for each action and hour.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from api.aws.json_client import Operation
from api.storage.marshal import encode_item
from api.storage.operations import EXISTS, NOT_EXISTS
from api.storage.page import Page, delete_range, start_key
from api.storage.table import ConditionFailed, Table
from api.storage.throttles import attempts_partition
from api.storage.users import user_partition

AuditOutcome = Literal["started", "succeeded", "failed"]

MAX_AUDIT_DAYS = 3650
"""The longest time that an entry can be kept, in days."""

_INSTALLATION = "AUDIT"
_PREFIX = "AUDIT#"
_SUMMED_SECONDS = 3600
_DUMMY = "NOBODY"
# Seconds that an item of `refused_nobody_op` is kept.
_DUMMY_KEPT = 86_400
# Items that a filtered read looks at, whether they match or not.
_FILTERED_READ_SIZE = 250


class AuditSubject(msgspec.Struct, frozen=True):
    """What an action is done to. `id` and `name` are empty if they are not known."""

    type: str
    id: str = ""
    name: str = ""


class AuditEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One action. `at` is in epoch seconds with milliseconds.

    `code` is the problem code of a failure. `source` is the client's address, `network` the network
    that it belongs to, `client` the family of the program. They are empty for operator commands.
    """

    audit_id: str
    at: float
    action: str
    outcome: AuditOutcome
    code: str | None = None
    source: str = ""
    network: str = ""
    client: str = ""
    user_agent: str = ""
    session_id: str | None = None
    subject: AuditSubject | None = None
    details: dict[str, str] = {}


class AuditFilter(msgspec.Struct, frozen=True):
    """Selects entries; None selects all.

    `action` is an action, or the beginning of actions that ends in a full stop. `source` is an
    address or a network. `since` is inclusive and `until` exclusive, in epoch seconds.
    """

    action: str | None = None
    outcome: AuditOutcome | None = None
    source: str | None = None
    since: float | None = None
    until: float | None = None


class AuditItems(msgspec.Struct, frozen=True):
    """Writes and reads entries of a user, or of the installation if `username` is None.

    `days` is how long an entry is kept.
    """

    table: Table
    days: int

    def put_op(self, username: str | None, entry: AuditEntry) -> Operation:
        """Write a new entry."""
        return self.table.put_op(self.item(username, entry), NOT_EXISTS)

    def item(self, username: str | None, entry: AuditEntry) -> dict[str, Any]:
        """Return the item of an entry."""
        return _item(username, entry, self.days)

    def put_commands(self, entries: Sequence[AuditEntry], username: str | None = None) -> None:
        """Write entries of operator commands, in place of earlier ones with their ids."""
        self.table.batch([self.table.put_op(self.item(username, entry)) for entry in entries])

    def set_outcome(self, username: str | None, entry: AuditEntry) -> bool:
        """Write the outcome, code, session, subject and details of an entry that has started.

        Returns False if the entry is gone, with its account, or has an outcome already.
        """
        item = self.item(username, entry)
        names = [n for n in ("outcome", "code", "session_id", "subject", "details") if n in item]
        try:
            self.table.run(
                self.table.update_op(
                    item["PK"],
                    item["SK"],
                    "SET " + ", ".join(f"#{name} = :{name}" for name in names),
                    {f":{name}": item[name] for name in names} | {":started": "started"},
                    {f"#{name}": name for name in names},
                    f"{EXISTS} AND #outcome = :started",
                )
            )
        except ConditionFailed:
            return False
        return True

    def sum_refused(self, username: str, entry: AuditEntry, written: bool) -> None:
        """Add a refused attempt to those of its action and hour, in place of an entry of its own.

        `written` says whether the attempt has an entry, which is deleted then.
        """
        operations = [self._sum_op(username, entry)]
        if written:
            operations.append(
                self.table.delete_op(user_partition(username), _sort_key(entry.audit_id))
            )
        self.table.batch(operations)

    def refused_nobody_op(self, entry: AuditEntry) -> Operation:
        """Write an item without content, as much work as the entry of an existing user.

        Unknown names are not recorded, but must take as long (S22).
        """
        item = self.item(None, entry)
        for name in ("source", "network", "client", "user_agent"):
            if name in item:
                item[name] = "-" * len(item[name])
        item |= {
            "PK": attempts_partition(int(entry.at)),
            "SK": _DUMMY,
            "ttl": int(entry.at) + _DUMMY_KEPT,
        }
        return self.table.put_op(item)

    def page(
        self,
        username: str | None,
        audit_filter: AuditFilter,
        *,
        limit: int,
        after: str | None,
        now: float,
    ) -> Page[AuditEntry]:
        """Read at most `limit` entries, newest first, without expired ones.

        With a filter, a page reads a limited number of items. It can have fewer entries than
        `limit`, or none, and still have a next page.
        """
        pk = _partition(username)
        oldest = max(audit_filter.since or 0.0, now - self._kept_seconds)
        newest = audit_filter.until if audit_filter.until is not None else now + 86_400
        if newest <= oldest or (after is not None and after <= _boundary(oldest)):
            # DynamoDB rejects an empty range, and a start outside the range (since expired).
            return Page([])
        where, values, names = _expression(audit_filter)
        result = self.table.query(
            pk,
            between=(_boundary(oldest), _boundary(newest)),
            limit=_FILTERED_READ_SIZE if where else limit,
            after=start_key(pk, after),
            newest_first=True,
            where=where,
            values=values,
            names=names,
        )
        items = result.items[:limit]
        if len(result.items) > limit:
            position: str | None = items[-1]["SK"]
        else:
            position = result.last["SK"] if result.last else None
        return Page([as_audit_entry(item) for item in items], position)

    def sweep(self, username: str | None, now: float) -> None:
        """Delete the expired entries of a user, or of the installation."""
        oldest = _boundary(now - self._kept_seconds)
        delete_range(self.table, _partition(username), _PREFIX, oldest)

    @property
    def _kept_seconds(self) -> int:
        return self.days * 86_400

    def _sum_op(self, username: str, entry: AuditEntry) -> Operation:
        hour = int(entry.at) // _SUMMED_SECONDS * _SUMMED_SECONDS
        members = msgspec.to_builtins(
            msgspec.structs.replace(entry, at=float(hour), details={}, outcome="failed")
        )
        del members["audit_id"]
        members["ttl"] = hour + self._kept_seconds
        return self.table.update_op(
            user_partition(username),
            _sort_key(f"{hour * 1000:013d}-{entry.action}"),
            "SET " + ", ".join(f"#{name} = :{name}" for name in members) + " ADD attempts :one",
            {f":{name}": value for name, value in members.items()} | {":one": 1},
            {f"#{name}": name for name in members},
        )


def command_item(entry: AuditEntry) -> dict[str, dict[str, Any]]:
    """Return the item of an operator command in DynamoDB's JSON, kept for as long as any can be.

    The command does not know the setting of the server, whose readers hide older entries.
    """
    return encode_item(_item(None, entry, MAX_AUDIT_DAYS))


def _item(username: str | None, entry: AuditEntry, days: int) -> dict[str, Any]:
    members = msgspec.to_builtins(entry)
    del members["audit_id"]
    return {
        "PK": _partition(username),
        "SK": _sort_key(entry.audit_id),
        **members,
        "ttl": int(entry.at) + days * 86_400,
    }


def new_audit_id(at: float) -> str:
    """Return the id of a new entry. Ids sort by time."""
    return f"{max(0, int(at * 1000)):013d}-{os.urandom(8).hex()}"


def audit_position_time(position: str) -> float:
    """Return the time of the entry at a page's position, in epoch seconds."""
    return int(position.split("#")[1]) / 1000


def as_audit_entry(item: Mapping[str, Any]) -> AuditEntry:
    """Return the entry that an item stores."""
    details = dict(item.get("details") or {})
    if "attempts" in item:
        details["attempts"] = str(item["attempts"])
    audit_id = item["SK"].removeprefix(_PREFIX).replace("#", "-", 1)
    return msgspec.convert({**item, "details": details, "audit_id": audit_id}, AuditEntry)


def _partition(username: str | None) -> str:
    return _INSTALLATION if username is None else user_partition(username)


def _sort_key(audit_id: str) -> str:
    return _PREFIX + audit_id.replace("-", "#", 1)


def _boundary(at: float) -> str:
    return f"{_PREFIX}{max(0, int(at * 1000)):013d}"


def _expression(
    audit_filter: AuditFilter,
) -> tuple[str | None, dict[str, object], dict[str, str]]:
    """Return the filter expression with its values and names."""
    conditions = []
    values: dict[str, object] = {}
    names: dict[str, str] = {}
    action = audit_filter.action
    if action is not None:
        conditions.append(
            "begins_with(#action, :action)" if action.endswith(".") else "#action = :action"
        )
        values[":action"] = action
        names["#action"] = "action"
    if audit_filter.outcome is not None:
        conditions.append("#outcome = :outcome")
        values[":outcome"] = audit_filter.outcome
        names["#outcome"] = "outcome"
    if audit_filter.source is not None:
        conditions.append("(#source = :source OR #network = :source)")
        values[":source"] = audit_filter.source
        names |= {"#source": "source", "#network": "network"}
    return " AND ".join(conditions) or None, values, names
