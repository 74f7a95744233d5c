"""Create, list, change and delete notification targets, and list notifications."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any, Protocol, get_args

import msgspec
from msgspec import UNSET

from api.errors import Problem
from api.logs import log_event
from api.schemas.notifications import (
    ChangeTarget,
    CreatedTarget,
    CreateTarget,
    DeliveryView,
    LastDeliveryView,
    NotificationView,
    RotatedSecret,
    TargetKind,
    TargetView,
    TestResult,
)
from api.secret import Secret
from api.services.keys.cipher import Cipher
from api.services.notifications.addresses import (
    InvalidAddress,
    check_email,
    mask_address,
    parse_web_address,
)
from api.services.notifications.secrets import TargetSecrets, new_signing_secret, seal, unseal
from api.storage.notification_targets import (
    LastDelivery,
    NotificationTarget,
    NotificationTargets,
    TargetChanged,
)
from api.storage.notifications import HOUR, KEPT_SECONDS, Notifications, StoredNotification
from api.storage.page import Page
from api.upstream.resolver import (
    BlockedAddress,
    ResolveFailed,
    Resolver,
    ResolveTimeout,
    resolve_public,
)

MAX_TARGETS = 20
MAX_TESTS = 20
"""Tests of an account in an hour, so that nobody sends mail to strangers with them."""
# Seconds in which a rotated secret also signs, so that a receiver can be changed without a gap.
OVERLAP_SECONDS = 86_400
_RESOLVE_SECONDS = 3.0
_ATTEMPTS = 4


class TargetTester(Protocol):
    """Sends tests. The implementation is in `api/notifications`, because it calls targets."""

    def test(self, username: str, target: NotificationTarget) -> TestResult:
        """Send a test message at once, and return what came of it."""


class NotificationService:
    """The targets and notifications of a user. `clock` returns epoch seconds.

    `allowed` is the development allow-list (S6). `has_mail` is whether this server can send email.
    """

    def __init__(
        self,
        targets: NotificationTargets,
        notifications: Notifications,
        tester: TargetTester,
        cipher: Cipher,
        resolver: Resolver,
        allowed: frozenset[str],
        has_mail: bool,
        clock: Callable[[], float],
    ) -> None:
        self._targets = targets
        self._notifications = notifications
        self._tester = tester
        self._cipher = cipher
        self._resolver = resolver
        self._allowed = allowed
        self._has_mail = has_mail
        self._clock = clock

    @property
    def kinds(self) -> list[TargetKind]:
        """The kinds that this server can send."""
        return [kind for kind in get_args(TargetKind) if kind != "email" or self._has_mail]

    def all(self, username: str) -> list[TargetView]:
        """Return all targets, the oldest first."""
        return [self.view(username, target) for target in self._targets.all(username)]

    def get(self, username: str, target_id: str) -> NotificationTarget:
        """Return one target. Raises Problem(target_not_found), also for another user's."""
        target = self._targets.get(username, target_id)
        if target is None:
            raise Problem("target_not_found", "There is no such target.")
        return target

    def view(self, username: str, target: NotificationTarget) -> TargetView:
        """Return a target with its address masked."""
        return TargetView(**self._members(username, target))

    def create(self, username: str, new: CreateTarget) -> CreatedTarget:
        """Store a target. Raises Problem that names the invalid field."""
        if len(self._targets.all(username)) >= MAX_TARGETS:
            raise Problem("too_many_targets", f"An account can have at most {MAX_TARGETS} targets.")
        if new.kind not in self.kinds:
            raise Problem(
                "mail_not_configured",
                "This server cannot send email: its operator has not set a sender.",
                field="kind",
            )
        self._check_address(username, new.kind, new.address)
        _check_access_token(new.kind, new.access_token)
        signing = new_signing_secret() if new.kind == "webhook" else None
        token = Secret(new.access_token) if new.access_token is not None else None
        target_id = secrets.token_hex(8)
        target = NotificationTarget(
            target_id=target_id,
            name=new.name,
            kind=new.kind,
            encrypted=seal(
                self._cipher,
                username,
                target_id,
                TargetSecrets(Secret(new.address), signing, None, token),
            ),
            events=_without_repetition(new.events),
            created_at=int(self._clock()),
            enabled=new.enabled,
        )
        try:
            self._targets.create(username, target)
        except TargetChanged as error:
            raise Problem("conflict", "The account was deleted at the same time.") from error
        log_event("target_created", user=username, target_id=target_id, kind=new.kind)
        secret = signing.reveal() if signing is not None else None
        return CreatedTarget(secret=secret, **self._members(username, target))

    def change(self, username: str, target_id: str, change: ChangeTarget) -> TargetView:
        """Change the given fields of a target. Raises Problem that names the invalid field."""

        def changed(old: NotificationTarget) -> NotificationTarget:
            found = unseal(self._cipher, username, old)
            kind = old.kind
            if change.address is not UNSET:
                self._check_address(username, kind, change.address)
                if _origin(change.address) != _origin(found.address.reveal()) and (
                    found.access_token is not None and change.access_token is UNSET
                ):
                    raise Problem(
                        "secret_required",
                        "The host changes: enter the access token again, so that no other host "
                        "gets it.",
                        field="access_token",
                    )
                found = msgspec.structs.replace(found, address=Secret(change.address))
            if change.access_token is not UNSET:
                _check_access_token(kind, change.access_token)
                token = Secret(change.access_token) if change.access_token is not None else None
                found = msgspec.structs.replace(found, access_token=token)
            new = old
            if change.address is not UNSET or change.access_token is not UNSET:
                sealed = seal(self._cipher, username, target_id, found)
                new = msgspec.structs.replace(new, encrypted=sealed)
            if change.events is not UNSET:
                new = msgspec.structs.replace(new, events=_without_repetition(change.events))
            if change.name is not UNSET:
                new = msgspec.structs.replace(new, name=change.name)
            if change.enabled is not UNSET:
                new = msgspec.structs.replace(new, enabled=change.enabled)
            return new

        new = self._store(username, target_id, changed)
        log_event("target_changed", user=username, target_id=target_id)
        return self.view(username, new)

    def delete(self, username: str, target_id: str) -> None:
        """Delete a target. Raises Problem(target_not_found)."""
        if not self._targets.delete(username, target_id):
            raise Problem("target_not_found", "There is no such target.")
        log_event("target_deleted", user=username, target_id=target_id)

    def rotate_secret(self, username: str, target_id: str) -> RotatedSecret:
        """Replace the signing secret of a webhook. The old one signs too for OVERLAP_SECONDS.

        Raises Problem(target_not_found) and Problem(no_signing_secret).
        """
        secret = new_signing_secret()
        until = int(self._clock()) + OVERLAP_SECONDS

        def changed(old: NotificationTarget) -> NotificationTarget:
            found = unseal(self._cipher, username, old)
            if found.signing is None:
                raise Problem(
                    "no_signing_secret", "Only webhooks are signed. This target is no webhook."
                )
            rotated = msgspec.structs.replace(found, signing=secret, previous=found.signing)
            return msgspec.structs.replace(
                old,
                encrypted=seal(self._cipher, username, target_id, rotated),
                previous_until=until,
            )

        self._store(username, target_id, changed)
        log_event("target_secret_rotated", user=username, target_id=target_id)
        return RotatedSecret(secret=secret.reveal(), previous_until=until)

    def test(self, username: str, target_id: str) -> TestResult:
        """Send a test to a target now, even if it is disabled.

        Raises Problem(target_not_found) and Problem(too_many_attempts).
        """
        target = self.get(username, target_id)
        now = int(self._clock())
        if not self._notifications.count_test(username, now, MAX_TESTS):
            raise Problem(
                "too_many_attempts",
                f"An account can send {MAX_TESTS} tests in an hour. Wait for the next hour.",
                headers=[("Retry-After", str(HOUR - now % HOUR))],
            )
        result = self._tester.test(username, target)
        outcome = LastDelivery(int(self._clock()), result.delivered, result.detail)
        self._targets.save_outcome(username, target_id, outcome)
        return result

    def page(self, username: str, limit: int, after: str | None) -> Page[NotificationView]:
        """Return a page of the notifications of the last 30 days, the newest first."""
        since = int(self._clock()) - KEPT_SECONDS
        page = self._notifications.page(username, since, limit, after)
        return Page([_notification_view(item) for item in page.items], page.next)

    def _store(
        self,
        username: str,
        target_id: str,
        changed: Callable[[NotificationTarget], NotificationTarget],
    ) -> NotificationTarget:
        for _ in range(_ATTEMPTS):
            old = self.get(username, target_id)
            new = changed(old)
            try:
                self._targets.change(username, old, new)
            except TargetChanged:
                continue
            return new
        raise Problem("conflict", "The target was changed at the same time: try again.")

    def _check_address(self, username: str, kind: TargetKind, text: str) -> None:
        """Check an address, and where it leads (S1). Raises Problem."""
        try:
            if kind == "email":
                check_email(text)
                return
            base = parse_web_address(kind, text, self._allowed).base
            is_allowed = base.host_and_port in self._allowed
            resolve_public(self._resolver, base, is_allowed, _RESOLVE_SECONDS)
        except InvalidAddress as error:
            code = "invalid_field" if kind == "email" else "upstream_not_allowed"
            raise Problem(code, error.reason, field="address") from error
        except BlockedAddress as error:
            log_event(
                "target_refused",
                level="warning",
                user=username,
                host=error.host,
                reason=error.reason,
            )
            raise Problem(
                "upstream_not_allowed",
                f"{error.host} has an address that may not be called ({error.reason}).",
                field="address",
            ) from error
        except (ResolveFailed, ResolveTimeout):
            # Addresses are checked at each delivery, so a name that cannot be resolved now is
            # accepted.
            return

    def _members(self, username: str, target: NotificationTarget) -> dict[str, Any]:
        found = unseal(self._cipher, username, target)
        last = target.last_delivery
        return {
            "target_id": target.target_id,
            "name": target.name,
            "kind": target.kind,
            "address": mask_address(target.kind, found.address.reveal()),
            "events": list(target.events),
            "enabled": target.enabled,
            "has_access_token": found.access_token is not None,
            "created_at": target.created_at,
            "last_delivery": LastDeliveryView(**msgspec.structs.asdict(last)) if last else None,
            "failing_since": target.failing_since,
        }


def _origin(address: str) -> str:
    return "/".join(address.split("/", 3)[:3]).lower()


def _without_repetition(events: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(events))


def _check_access_token(kind: TargetKind, token: str | None) -> None:
    if token is None:
        return
    if kind != "ntfy":
        raise Problem("invalid_field", "Only ntfy has an access token.", field="access_token")
    if not all("!" <= character <= "~" for character in token):
        raise Problem(
            "invalid_field",
            "The access token must be ASCII characters without spaces.",
            field="access_token",
        )


def _notification_view(stored: StoredNotification) -> NotificationView:
    return NotificationView(
        notification_id=stored.notification_id,
        at=stored.at,
        event=stored.event,  # type: ignore[arg-type]
        title=stored.title,
        text=stored.text,
        deliveries=[DeliveryView(**msgspec.structs.asdict(record)) for record in stored.deliveries],
    )
