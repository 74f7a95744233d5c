"""Makes the deliveries that are due. A caller runs it periodically.

A delivery is claimed before it is sent, and the claim schedules the next attempt. So of two runs at
once only one sends it, and a process that is killed between sending and storing the outcome repeats
one delivery later, with the same id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import inf
from time import monotonic

import msgspec

from api.logs import log_event, log_failure
from api.notifications.messages import Message
from api.notifications.outbox import Outbox
from api.notifications.results import AttemptResult
from api.notifications.sender import Sender
from api.notifications.texts import named
from api.storage.notification_targets import (
    LastDelivery,
    NotificationTarget,
    NotificationTargets,
)
from api.storage.notifications import (
    DeliveryRecord,
    DeliveryState,
    DueSummary,
    Notification,
    StoredNotification,
)
from api.storage.outbox_items import DueDelivery, OutboxItems

GIVEN_UP_AFTER = 86_400
"""Seconds after which a notification is not tried again."""
PAUSES = (60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400)
"""Seconds from one attempt to the next. The last one repeats. An attempt is shorter than each."""
# A target that failed this long, in seconds, is reported. Its first failure came after the attempt.
_REPORTED_AFTER = GIVEN_UP_AFTER - 3600
_THREADS = 16
_BATCH_SIZE = 200


class NotificationRun:
    """Makes due deliveries, those of one target one after another, and of several in parallel.

    `clock` returns epoch seconds.
    """

    def __init__(
        self,
        waiting: OutboxItems,
        targets: NotificationTargets,
        outbox: Outbox,
        sender: Sender,
        clock: Callable[[], float],
    ) -> None:
        self._waiting = waiting
        self._targets = targets
        self._outbox = outbox
        self._sender = sender
        self._clock = clock

    def run(self, seconds: float = inf) -> int:
        """Make every delivery that is due, and return the number of attempts.

        After `seconds`, no further one is started. If nothing is due, this is one query.
        """
        end = monotonic() + seconds
        total = 0
        while monotonic() < end and (due := self._waiting.due(int(self._clock()), _BATCH_SIZE)):
            groups = _by_target(due)
            with ThreadPoolExecutor(min(_THREADS, len(groups))) as threads:
                done = list(threads.map(lambda group: self._work(group, end), groups))
            total += sum(done)
            has_more = len(due) == _BATCH_SIZE or any(isinstance(one, DueSummary) for one in due)
            if not has_more or not any(done):
                break
        return total

    def _work(self, group: Sequence[DueDelivery | DueSummary], end: float) -> int:
        """Make the deliveries of one target until one fails; the others wait as long as that one.

        Returns the number of attempts, of which a summary is one too.
        """
        attempts = 0
        failure: tuple[str, int] | None = None
        for due in group:
            if monotonic() >= end:
                break
            try:
                if isinstance(due, DueSummary):
                    targets = self._targets.all(due.username)
                    attempts += self._outbox.summarise(due, targets)
                elif failure is not None:
                    self._postpone(due, *failure)
                else:
                    outcome = self._deliver(due)
                    attempts += outcome is not None
                    if outcome is not None and not outcome.delivered and not outcome.is_final:
                        failure = outcome.detail, max(_pause(due), outcome.retry_after)
            except Exception:
                # The claim has scheduled the next attempt, and other targets must not wait.
                log_failure("notification_failed")
        return attempts

    def _deliver(self, due: DueDelivery) -> AttemptResult | None:
        """Make one attempt. Returns None if another process makes it, or there is nothing to do."""
        next_at = _next_at(due, int(self._clock()), _pause(due))
        if not self._waiting.claim(due, next_at):
            return None
        due = msgspec.structs.replace(due, at=next_at, attempts=due.attempts + 1)
        if due.restored:
            self._give_up(due, "The data was restored from a backup before it was sent.")
            return None
        notification, target = self._waiting.read(due)
        if notification is None or target is None or not target.enabled:
            why = "disabled" if target is not None else "deleted"
            self._give_up(due, f"The target was {why} before it was sent.")
            return None
        result = self._sender.send(due.username, target, _as_message(notification))
        now = int(self._clock())
        self._finish(due, target, result, now)
        return result

    def _finish(
        self, due: DueDelivery, target: NotificationTarget, result: AttemptResult, now: int
    ) -> None:
        """Store the outcome of an attempt, and report a target that has failed for a day."""
        retry_at = max(due.at, _next_at(due, now, result.retry_after))
        given_up = not result.delivered and (result.is_final or _is_over(due, now))
        state: DeliveryState = (
            "delivered" if result.delivered else "given_up" if given_up else "waiting"
        )
        if state == "waiting" and retry_at > due.at:
            self._waiting.claim(due, retry_at, is_attempt=False)
        log_event(
            "notification_sent" if result.delivered else "notification_not_sent",
            "info" if result.delivered else "warning",
            user=due.username,
            target_id=due.target_id,
            status=result.status,
            attempts=due.attempts,
        )
        self._waiting.finish(
            due,
            DeliveryRecord(due.target_id, state, due.attempts, result.detail),
            LastDelivery(now, result.delivered, result.detail),
        )
        since = target.failing_since
        if given_up and since is not None and now - since >= _REPORTED_AFTER:
            self._report(due.username, target, since, result.detail)

    def _report(self, username: str, target: NotificationTarget, since: int, detail: str) -> None:
        """Tell the owner's other targets once that this one cannot be reached."""
        notice = Notification(
            event="target",
            subject=target.target_id,
            window=str(since),
            title=f"Notifications do not reach {named(target.name)}",
            text=f"Every attempt of the last day failed. The last one: {detail} "
            "Send a test to the target, and change or delete it.",
            facts={"kind": target.kind, "failing_since": since},
        )
        self._outbox.enqueue(username, notice, without=target.target_id)

    def _postpone(self, due: DueDelivery, detail: str, pause: int) -> None:
        """Let a delivery wait for a target that has just failed, or give it up after a day."""
        now = int(self._clock())
        if not self._waiting.claim(due, _next_at(due, now, pause), is_attempt=False):
            return
        if _is_over(due, now):
            self._give_up(due, detail)

    def _give_up(self, due: DueDelivery, detail: str) -> None:
        record = DeliveryRecord(due.target_id, "given_up", due.attempts, detail)
        self._waiting.finish(due, record, None)


def _by_target(
    due: Sequence[DueDelivery | DueSummary],
) -> list[list[DueDelivery | DueSummary]]:
    """Return what is due of each target, those with first attempts before those that failed."""
    groups: dict[tuple[str, str], list[DueDelivery | DueSummary]] = {}
    for one in due:
        target_id = one.target_id if isinstance(one, DueDelivery) else str(one.hour)
        groups.setdefault((one.username, target_id), []).append(one)
    return sorted(
        groups.values(),
        key=lambda group: min(getattr(one, "attempts", 0) for one in group),
    )


def _pause(due: DueDelivery) -> int:
    """Return the seconds until the attempt after the next one."""
    return PAUSES[min(due.attempts, len(PAUSES) - 1)]


def _next_at(due: DueDelivery, now: int, pause: int) -> int:
    """Return the time of the next attempt (epoch seconds). The last one is after a day."""
    last = due.first_at + GIVEN_UP_AFTER
    return now + pause if now >= last else min(now + pause, last)


def _is_over(due: DueDelivery, now: int) -> bool:
    return now >= due.first_at + GIVEN_UP_AFTER


def _as_message(stored: StoredNotification) -> Message:
    return Message(
        stored.notification_id, stored.at, stored.event, stored.title, stored.text, stored.facts
    )
