"""Items of a user that have a ciphertext besides API keys: one place that names all of them.

The rotation of the encryption keys and their check at a start read it. API keys are not here:
pools have copies of their ciphertexts, so `Keys` replaces those.
"""

from __future__ import annotations

import msgspec

from api.storage.operations import EXISTS
from api.storage.table import ConditionFailed, Table
from api.storage.users import Users, user_partition


class EncryptedKind(msgspec.Struct, frozen=True):
    """A kind of items with a ciphertext in `attribute`. `title` names several of them."""

    title: str
    prefix: str
    attribute: str


ENCRYPTED_KINDS = (
    EncryptedKind("authenticator apps", "FACTOR#TOTP", "secret"),
    EncryptedKind("notification targets", "TARGET#", "encrypted"),
)


class EncryptedItem(msgspec.Struct, frozen=True):
    """An item with a ciphertext."""

    kind: EncryptedKind
    sort_key: str
    ciphertext: str


class EncryptedItems:
    """Reads the ciphertexts of users, and replaces them one by one."""

    def __init__(self, table: Table, users: Users) -> None:
        self._table = table
        self._users = users

    def usernames(self) -> list[str]:
        """Read every username (eventually consistent)."""
        return self._users.usernames()

    def of_user(self, username: str) -> list[EncryptedItem]:
        """Read the items of a user that have a ciphertext."""
        prefixes = [kind.prefix for kind in ENCRYPTED_KINDS]
        ranges = self._table.query_prefixes(user_partition(username), prefixes)
        return [
            EncryptedItem(kind, item["SK"], item[kind.attribute])
            for kind, items in zip(ENCRYPTED_KINDS, ranges, strict=True)
            for item in items
            if kind.attribute in item
        ]

    def replace(self, username: str, item: EncryptedItem, ciphertext: str) -> bool:
        """Replace the ciphertext of an item. Returns False if it was changed or deleted."""
        operation = self._table.update_op(
            user_partition(username),
            item.sort_key,
            "SET #attribute = :new",
            {":new": ciphertext, ":old": item.ciphertext},
            names={"#attribute": item.kind.attribute},
            condition=f"{EXISTS} AND #attribute = :old",
        )
        try:
            self._table.run(operation)
        except ConditionFailed as failure:
            # The write was sent twice, because its first response was lost.
            return (failure.item or {}).get(item.kind.attribute) == ciphertext
        return True
