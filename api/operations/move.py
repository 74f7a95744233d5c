"""Move an installation: copy everything while the source is closed, then open the target.

    check both ends ─▶ close the source ─▶ copy, encrypted for the target ─▶ compare the counts
      ─▶ mark the source as moved ─▶ give the target the signing secret ─▶ open the target

Each step can be repeated. The same command starts the copy again after an interruption, and only
opens the target if the source is marked. The source keeps everything, so it can be opened again at
any time.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

import msgspec

from api.operations.counting import ContentDigest, ItemCounter, count, digest_of
from api.operations.errors import OperationError
from api.operations.items import InstallationSecrets, ItemCounts
from api.operations.move_ends import Filling, SourceEnd, TargetEnd
from api.operations.reencryption import Reencryption
from api.operations.restore import Report

# How often a copy is repeated because calls that were in progress changed the source.
_COPIES = 3


class Moved(msgspec.Struct, frozen=True):
    """What a move did. `address` is the new one, `unreadable` the number of secrets that no key
    decrypts, `notes` are sentences about what the user should know or do.
    """

    counts: ItemCounts
    address: str
    unreadable: int = 0
    notes: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True):
    """What would be moved, and what is in the target: nothing, or an unfinished copy."""

    counts: ItemCounts
    in_target: ItemCounts


def identity_of(source: SourceEnd, secrets: InstallationSecrets) -> str:
    """Return what makes an unfinished move recognisable as one from this source."""
    text = f"api-dashboard move {source.place.name} {secrets.signing.reveal()}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def plan_move(source: SourceEnd, target: TargetEnd) -> Plan:
    """Check both ends and return what would be moved. Writes nothing. Raises OperationError."""
    secrets = source.place.secrets()
    source.moved_to()
    target.check(identity_of(source, secrets), secrets)
    with source.place.snapshot() as items:
        return Plan(count(items), target.counts())


def move(
    source: SourceEnd,
    target: TargetEnd,
    report: Report,
    *,
    wait: float = 0.0,
    sleep: Callable[[float], None] = time.sleep,
) -> Moved:
    """Move everything. `wait` is how many seconds calls in progress get to end.

    Raises OperationError.
    """
    secrets = source.place.secrets()
    identity = identity_of(source, secrets)
    if source.moved_to() == target.address or target.is_complete(identity):
        # A move was killed after its copy was complete, or is repeated.
        with source.place.snapshot() as items:
            counts = count(items)
        _require_there(source, target, counts)
        return Moved(counts, target.address, notes=target.open(secrets))
    target.check(identity, secrets)
    with source.closed(target.address), target.opened(identity, secrets) as writing:
        if wait:
            report(f"Waiting {wait:g} seconds for calls in progress,", 0, 0)
            sleep(wait)
        counts, unreadable = _copy(source, secrets, writing, report)
        notes = writing.finish(counts)
        source.set_moved(target.address)
    notes += target.open(secrets)
    return Moved(counts, target.address, unreadable, notes)


def _require_there(source: SourceEnd, target: TargetEnd, counts: ItemCounts) -> None:
    if counts.users and not target.counts().users:
        raise OperationError(
            f"{source.place.name} moved to {target.address}, but there is no account: restore a "
            "backup there, or open the source with `api-dashboard reopen` and move it again."
        )


def _copy(
    source: SourceEnd, secrets: InstallationSecrets, writing: Filling, report: Report
) -> tuple[ItemCounts, int]:
    """Copy everything until nothing has changed meanwhile.

    Returns the numbers of items, and of secrets that cannot be decrypted.
    """
    for _ in range(_COPIES):
        reencryption = Reencryption(secrets.encryption, writing.secrets.encryption)
        counter, digest = ItemCounter(), ContentDigest()
        with source.place.snapshot() as items:
            copied = counter.counted(digest.digested(items))
            writing.fill(reencryption.items(copied), report)
        with source.place.snapshot() as items:
            if digest_of(items) == digest.value:
                return counter.counts, reencryption.unreadable
    raise OperationError(
        f"{source.place.name} still changes: stop everything that writes to it, and run the same "
        "command again."
    )
