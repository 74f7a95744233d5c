"""The audit entry of one request: written before its action takes effect, its outcome after (S53).

A process that is killed in between leaves an entry whose outcome is `started`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

import msgspec

from api.audit_actions import AUDIT_ACTIONS, AuditAction
from api.client_family import client_family
from api.errors import Problem, StorageError, StorageUnavailable
from api.logs import log_event
from api.raw_request import RawRequest
from api.services.accounts.throttling import network
from api.services.audit.details import changed_fields, detail_text, given_fields, identifier
from api.storage.audit import AuditEntry, AuditItems, AuditOutcome, AuditSubject, new_audit_id

# A refused attempt of this kind has no entry of its own, so that a flood of them stays small.
_SUMMED = "too_many_attempts"
_MAX_USER_AGENT = 200


class AuditTrail:
    """The entry of one request. As a context manager, it records the outcome.

    `action` is None for an endpoint that records nothing. `clock` returns epoch seconds.
    """

    def __init__(
        self,
        items: AuditItems,
        clock: Callable[[], float],
        action: str | None,
        raw_request: RawRequest,
        session_id: str | None = None,
    ) -> None:
        self._items = items
        self._clock = clock
        self._action = AUDIT_ACTIONS[action] if action is not None else None
        self._raw_request = raw_request
        self._session_id = session_id
        self._subject_id = ""
        self._subject_name = ""
        self._details: dict[str, str] = {}
        self._username: str | None = None
        self._entry: AuditEntry | None = None

    def describe(self, parameters: Mapping[str, str], body: object) -> None:
        """Take the subject from the path's parameters and the details from the body."""
        action = self._required
        if action.parameter is not None:
            self._subject_id = identifier(action.subject, parameters.get(action.parameter, ""))
        if "api_name" in action.fields and "api_name" in parameters:
            self.details(api_name=identifier("api", parameters["api_name"]))
        self._details |= given_fields(action, body)

    def begin(self, username: str) -> None:
        """Write the entry of an existing user, before the action. Raises StorageError."""
        self._username = username
        self._entry = self._new_entry("started")
        self._items.table.run(self._items.put_op(username, self._entry))

    def refuse(self, username: str | None, code: str) -> None:
        """Record an attempt that does nothing. `username` is None for a name that nobody has.

        Such a name can be a password in the wrong field, so nothing of it is stored, but the
        request takes as long. Raises StorageError.
        """
        entry = msgspec.structs.replace(self._new_entry("failed"), code=code)
        if username is None:
            self._items.table.run(self._items.refused_nobody_op(entry))
        elif code == _SUMMED:
            self._items.sum_refused(username, entry, written=False)
        else:
            self._items.table.run(self._items.put_op(username, entry))

    def item_of(self, username: str) -> dict[str, Any]:
        """Return the item of a succeeded action, for the transaction that carries it out."""
        return self._items.item(username, self._new_entry("succeeded"))

    def subject(self, subject_id: str, name: str = "") -> None:
        """Set what the action is done to."""
        self._subject_id = subject_id
        self._subject_name = detail_text(name)

    def opened(self, session_id: str) -> None:
        """Set the session that the action opened."""
        self._session_id = session_id
        self.subject(session_id)

    def details(self, **values: object) -> None:
        """Add details. The action must have each of them as a field."""
        for name, value in values.items():
            assert name in self._required.fields, name
            self._details[name] = detail_text(value)

    def before(self, old: msgspec.Struct | Mapping[str, object]) -> None:
        """Add the values that the given fields had in the record `old`."""
        self._details |= changed_fields(self._required, self._details, old)

    def succeeded(self) -> None:
        """Record the success now, if the request still ends with a problem."""
        self._finish("succeeded", None)

    def __enter__(self) -> AuditTrail:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._finish("succeeded", None)
        elif isinstance(error, StorageUnavailable) or not isinstance(error, Exception):
            # The action may have been carried out, and another write would fail as well.
            return
        else:
            code = error.code if isinstance(error, Problem) else "internal_error"
            self._finish("failed", code)

    @property
    def _required(self) -> AuditAction:
        assert self._action is not None, "The endpoint declares no audit action."
        return self._action

    def _new_entry(self, outcome: AuditOutcome) -> AuditEntry:
        at = round(self._clock(), 3)
        return AuditEntry(
            audit_id=new_audit_id(at),
            at=at,
            action=self._required.name,
            outcome=outcome,
            source=self._raw_request.source,
            network=network(self._raw_request.source),
            client=client_family(self._raw_request.headers),
            user_agent=_user_agent(self._raw_request),
            session_id=self._session_id,
            subject=self._current_subject(),
            details=dict(self._details),
        )

    def _current_subject(self) -> AuditSubject | None:
        kind = self._required.subject
        return AuditSubject(kind, self._subject_id, self._subject_name) if kind else None

    def _finish(self, outcome: AuditOutcome, code: str | None) -> None:
        """Write the outcome. The action is over, so a failure here cannot undo it."""
        entry, username = self._entry, self._username
        if entry is None or username is None:
            return
        self._entry = None
        finished = msgspec.structs.replace(
            entry,
            outcome=outcome,
            code=code,
            session_id=self._session_id,
            subject=self._current_subject(),
            details=self._details,
        )
        try:
            if code == _SUMMED:
                self._items.sum_refused(username, finished, written=True)
            else:
                self._items.set_outcome(username, finished)
        except StorageError:
            log_event(
                "audit_outcome_missing",
                "error",
                user=username,
                audit_id=entry.audit_id,
                outcome=outcome,
                code=code,
            )


def _user_agent(raw_request: RawRequest) -> str:
    return detail_text(raw_request.header("user-agent") or "")[:_MAX_USER_AGENT]
