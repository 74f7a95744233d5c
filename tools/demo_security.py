"""Past entries of the audit log, notification targets and notifications of the demo account."""

from __future__ import annotations

from typing import Any

from api.notifications.outbox import new_notification_id
from api.storage.audit import AuditEntry, AuditItems, AuditSubject, new_audit_id
from api.storage.notification_targets import LastDelivery
from api.storage.notifications import STATE_PREFIX, notification_key
from api.wiring import Storage
from api.wiring.notifications import notification_targets
from tests.support.accounts import Account
from tests.support.upstream import Upstream
from tools.demo_apis import DAY, DEVICES, HOUR

_KEPT_DAYS = 365
_PHONE, _LAPTOP = DEVICES
_HOME = {"source": "203.0.113.7", "network": "203.0.113.7"}
_TRAIN = {"source": "2001:db8:21:7::52", "network": "2001:db8:21:7::/64"}
_STRANGER = {"source": "198.51.100.23", "network": "198.51.100.23"}
_BY_LAPTOP = _HOME | {"client": "firefox", "user_agent": _LAPTOP}
_BY_PHONE = _TRAIN | {"client": "safari", "user_agent": _PHONE}
_BY_COMMAND = _HOME | {
    "client": "api-dashboard-cli",
    "user_agent": "api-dashboard-cli/0.2.0 (Linux)",
}
_BY_SCRIPT = _STRANGER | {
    "client": "python-requests",
    "user_agent": "python-requests/2.32.5",
}
# Age in seconds, action, outcome, code, client, subject, details.
_ENTRIES: tuple[tuple[float, str, str, str | None, dict[str, str], Any, dict[str, str]], ...] = (
    (2.2 * HOUR, "session.create", "succeeded", None, _BY_PHONE, None, {"method": "password"}),
    (5.1 * HOUR, "key.update", "succeeded", None, _BY_LAPTOP,
     AuditSubject("key", "openai.demo", "openai"), {"withheld": "secret"}),
    (5.2 * HOUR, "session.step_up", "succeeded", None, _BY_LAPTOP, None, {"method": "passkey"}),
    (1.1 * DAY, "token.rotate", "succeeded", None, _BY_COMMAND,
     AuditSubject("token", "demo", "nightly-report"), {"overlap": "86400"}),
    (1.3 * DAY, "session.create", "failed", "too_many_attempts", _BY_SCRIPT, None,
     {"attempts": "412"}),
    (1.4 * DAY, "session.create", "failed", "invalid_credentials", _BY_SCRIPT, None, {}),
    (2.2 * DAY, "rate_limit.update", "succeeded", None, _BY_LAPTOP, AuditSubject("api", "openai"),
     {"limit": "9000", "limit_before": "5000", "window": "60"}),
    (2.3 * DAY, "key.delete", "started", None, _BY_LAPTOP,
     AuditSubject("key", "old-weather.demo", "old-weather"), {}),
    (3.4 * DAY, "passkey.create", "succeeded", None, _BY_LAPTOP,
     AuditSubject("passkey", "demo", "laptop"), {"name": "laptop"}),
)  # fmt: skip

_EVENTS = ["quota", "budget", "key", "token", "sign_in", "backup"]
_TARGETS = (
    {"name": "Pager", "kind": "webhook", "events": _EVENTS},
    {"name": "Phone", "kind": "ntfy", "events": ["quota", "key", "token", "sign_in"]},
    {"name": "Team channel", "kind": "slack", "events": ["budget"]},
)
_NO_ANSWER = "The target did not answer within 10 seconds."
# Age in seconds, event, title, text, the state of each target that wants it.
_NOTIFICATIONS: tuple[tuple[float, str, str, str, dict[str, list[object]]], ...] = (
    (0.4 * HOUR, "quota", "The quota of anthropic will run out before its reset",
     "At the present rate, the tokens of anthropic last for 38 more seconds. They reset in 50 "
     "seconds.", {"Pager": ["delivered", 1, "Status 200."], "Phone": ["delivered", 1, ""]}),
    (3.1 * HOUR, "budget", "80% of a budget is spent",
     "$16.02 of $20.00 per month are spent for the account.",
     {"Pager": ["delivered", 1, "Status 200."], "Team channel": ["waiting", 7, _NO_ANSWER]}),
    (2.2 * HOUR, "sign_in", "Sign-in from a new place",
     "Somebody signed in with Safari from 2001:db8:21:7::/64. If this was not you, change the "
     "password and end the session.",
     {"Pager": ["delivered", 2, "Status 200."], "Phone": ["delivered", 1, ""]}),
    (4.2 * DAY, "budget", "50% of a budget is spent",
     "$10.01 of $20.00 per month are spent for the account.",
     {"Pager": ["delivered", 1, "Status 200."], "Team channel": ["given_up", 24, _NO_ANSWER]}),
)  # fmt: skip


def add_audit_entries(storage: Storage, account: Account, now: float) -> None:
    """Write entries of the last days."""
    items = AuditItems(storage.table, _KEPT_DAYS)
    for age, action, outcome, code, client, subject, details in _ENTRIES:
        at = round(now - age, 3)
        entry = AuditEntry(
            new_audit_id(at),
            at,
            action,
            outcome,  # type: ignore[arg-type]
            code=code,
            subject=subject,
            details=details,
            session_id=None if outcome == "failed" else "demo",
            **client,
        )
        storage.table.run(items.put_op(account.username, entry))


def add_notifications(storage: Storage, account: Account, upstream: Upstream, now: float) -> None:
    """Create targets that are places of the upstream, and notifications of the last days."""
    targets = notification_targets(storage)
    ids: dict[str, str] = {}
    for members in _TARGETS:
        name = f"{account.username}-{members['kind']}"
        address = f"{upstream.place(name).url}/a-long-secret-path-2f7c"
        answer = account.call("POST", "/api/notifications/targets", members | {"address": address})
        assert answer.status == 201, answer.body
        ids[str(members["name"])] = answer.json["target_id"]
    for name, delivered, age in (
        ("Pager", True, 0.4 * HOUR),
        ("Team channel", False, 3.1 * HOUR),
        ("Team channel", False, 0.2 * HOUR),
    ):
        detail = "Status 200." if delivered else _NO_ANSWER
        targets.save_outcome(
            account.username, ids[name], LastDelivery(int(now - age), delivered, detail)
        )
    for age, event, title, text, states in sorted(_NOTIFICATIONS, key=lambda row: -row[0]):
        at = int(now - age)
        pk, sk = notification_key(account.username, new_notification_id(at))
        item = {
            **{"PK": pk, "SK": sk, "at": at, "event": event, "title": title, "text": text},
            **{"facts": "{}", "ttl": int(now) + 30 * DAY},
            **{f"{STATE_PREFIX}{ids[name]}": state for name, state in states.items()},
        }
        storage.table.run(storage.table.put_op(item))
