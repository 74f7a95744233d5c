"""A table of DynamoDB: read it at one moment while others write, and write to it."""

from __future__ import annotations

import concurrent.futures
import contextlib
import hashlib
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from api.errors import SettingError
from api.operations.aws.session import client, explained
from api.operations.errors import OperationError
from api.operations.items import InstallationSecrets, Item
from api.operations.places.batches import in_pages, last_of_each_key
from api.operations.places.spool import Spool
from api.secret import Secret
from api.settings import parse_fernet_keys, parse_random_secret
from api.storage.item_kinds import (
    LOGS,
    PAGE,
    RANGES_WITHOUT_LOGS,
    consistent_query,
    handle_of,
    is_users,
    key_of,
    kind_of,
    profile_key,
    reserved_name,
    structure_of,
    typed_key,
    user_of,
)
from api.storage.whole_table import goes_on

if TYPE_CHECKING:
    import boto3

_encode = msgspec.json.Encoder(order="deterministic").encode
_BATCH_WRITE = 25
_BATCH_GET = 100
_THREADS = 8
# How often a user's items are read until they are the same twice. Calls do not change them, and a
# read takes milliseconds, so only an account that a program changes all the time needs many.
_READS = 200
# Seconds until what a table did not accept is sent again, doubled each time.
_FIRST_WAIT = 0.1
_LONGEST_WAIT = 10.0
_MAX_WAITS = 30


class TablePlace:
    """The table `table` in the session's region.

    `base` is the prefix of the names of the parameters with the secrets, `/{base}/jwt-secret` and
    `/{base}/fernet-keys`, by default the table's name. `parameters` are their names if they are
    known. `own` are the secrets of this machine, for a table without such parameters: that of a
    server that does not run on AWS. `has_own_secrets` is whether `secrets` returned those.
    """

    def __init__(
        self,
        session: boto3.Session,
        table: str,
        base: str | None = None,
        parameters: Sequence[str] = (),
        own: InstallationSecrets | None = None,
    ) -> None:
        self.session = session
        self.table_name = table
        self.base = base or table
        self._parameters = tuple(parameters) or (
            f"/{self.base}/jwt-secret",
            f"/{self.base}/fernet-keys",
        )
        self._own = own
        self._client: Any = None
        self.has_own_secrets = False

    @property
    def name(self) -> str:
        """Return what messages call the place."""
        return f"the table {self.table_name} in {self.session.region_name}"

    @property
    def dynamodb(self) -> Any:
        """Return the client of DynamoDB."""
        if self._client is None:
            self._client = client(self.session, "dynamodb")
        return self._client

    def require_table(self) -> None:
        """Raise OperationError if there is no such table, or it may not be read."""
        with explained(f"Opening {self.name}"):
            status = self.dynamodb.describe_table(TableName=self.table_name)["Table"]["TableStatus"]
        if status not in ("ACTIVE", "UPDATING"):
            raise OperationError(
                f"The table {self.table_name} is {status}: wait until it is ready."
            )

    def secrets(self) -> InstallationSecrets:
        """Read the secrets from the parameters of the stack, or of this machine without them."""
        try:
            return self._parameters_secrets()
        except OperationError:
            if self._own is not None:
                self.has_own_secrets = True
                return self._own
            raise

    def require_takes(self, signing: Secret) -> None:
        """Raise OperationError if the signing secret of other data cannot become the table's.

        That of a server on this machine is in its environment, which no command can change.
        """
        own = self.secrets().signing
        if self.has_own_secrets and own.reveal() != signing.reveal():
            raise OperationError(
                "JWT_SECRET_KEY is set and is not that of the data, so no token would be valid: "
                "set it to that of the data, or unset JWT_SECRET_KEY and FERNET_KEYS if the table "
                "belongs to a stack."
            )

    def _parameters_secrets(self) -> InstallationSecrets:
        signing_name, keys_name = self._parameters
        with explained("Reading the secrets of the stack"):
            answer = client(self.session, "ssm").get_parameters(
                Names=list(self._parameters), WithDecryption=True
            )
        values = {found["Name"]: str(found["Value"]) for found in answer["Parameters"]}
        for name in self._parameters:
            if name not in values:
                raise OperationError(
                    f"There is no parameter {name} in {self.session.region_name}: check the name "
                    "and the region, or set JWT_SECRET_KEY and FERNET_KEYS as for the server."
                )
        signing, keys = values[signing_name], values[keys_name]
        try:
            return InstallationSecrets(
                parse_random_secret(signing, f"The parameter {signing_name}"),
                parse_fernet_keys(keys, f"The parameter {keys_name}"),
            )
        except SettingError as error:
            raise OperationError(str(error)) from error

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Iterator[Item]]:
        """Return all items, each once, while others write.

        A scan reads items at different moments. So everything but the logs is read again, user by
        user, until what transactions keep together is the same twice: then it was like that at the
        moment between the two reads.
        """
        self.require_table()
        yield self._consistent(Spool())

    def _consistent(self, spool: Spool) -> Iterator[Item]:
        names: dict[str, tuple[str, str]] = {}  # the key of each reserved name, by username
        for page in self.pages():
            kept = []
            for item in page:
                key = key_of(item)
                kind = kind_of(*key)
                if kind in LOGS:
                    yield item
                    continue
                if kind == "passkey_handle":
                    continue
                if kind == "name":
                    names[reserved_name(item) or ""] = key
                kept.append(item)
            spool.add(kept)
        for pk in spool.partitions():
            if is_users(pk):
                spool.replace_partition(pk, self._stable_items(pk))
        # Accounts that were created or deleted while the table was read are left out.
        for username, key in list(names.items()):
            if not spool.has(*profile_key(username)):
                spool.remove(*key)
                del names[username]
        for item in spool:
            pk, _ = key_of(item)
            if not is_users(pk) or user_of(pk) in names:
                yield item
                # As the profile is, which was read later.
                handle = handle_of(item)
                if handle is not None:
                    yield handle

    def pages(self) -> Iterator[list[Item]]:
        """Return all items, each page as it is when it is read."""
        scan: dict[str, Any] = {
            "TableName": self.table_name,
            "ConsistentRead": True,
            "Limit": PAGE,
        }
        has_more = True
        while has_more:
            with explained(f"Reading {self.name}"):
                answer = self.dynamodb.scan(**scan)
            yield answer["Items"]
            has_more = goes_on(scan, answer)

    def _stable_items(self, pk: str) -> Spool:
        """Return a user's items without the logs, at a moment when none of its structure changed.

        They are those of the first of two reads with the same structure. So the records of usage,
        which are read last, are from before the second read of the counters that move to them.
        """
        items, structure = self._read_partition(pk)
        for _ in range(_READS):
            again, structure_again = self._read_partition(pk)
            if structure_again == structure:
                return items
            items, structure = again, structure_again
        raise OperationError(
            f"The account {user_of(pk)} changes all the time: stop what changes its keys and "
            "tokens, and start again."
        )

    def _read_partition(self, pk: str) -> tuple[Spool, bytes]:
        """Return a user's items without the logs, and a digest of their structure."""
        items, structure = Spool(), hashlib.sha256()
        for page in self._partition(pk):
            items.add(page)
            for item in page:
                part = structure_of(item)
                if part is not None:
                    structure.update(_encode(part))
        return items, structure.digest()

    def _partition(self, pk: str) -> Iterator[list[Item]]:
        for first, last in RANGES_WITHOUT_LOGS:
            query = consistent_query(self.table_name, pk, first, last)
            has_more = True
            while has_more:
                with explained(f"Reading {self.name}"):
                    answer = self.dynamodb.query(**query)
                yield answer["Items"]
                has_more = goes_on(query, answer)

    def is_empty(self) -> bool:
        """Return whether nothing of a user is stored."""
        self.require_table()
        return not any(is_users(key_of(item)[0]) for page in self.pages() for item in page)

    def write(self, items: Iterable[Item]) -> int:
        """Write items, whatever is stored under their keys, and return their number."""
        return self._write({"PutRequest": {"Item": item}} for item in items)

    def delete(self, keys: Iterable[tuple[str, str]]) -> int:
        """Delete items by (PK, SK), whether they exist or not, and return the number of keys."""
        return self._write({"DeleteRequest": {"Key": typed_key(*key)}} for key in keys)

    def read(self, keys: Iterable[tuple[str, str]]) -> Iterator[Item]:
        """Read items by (PK, SK), strongly consistent. Missing ones are left out."""
        for page in in_pages(keys, _BATCH_GET):
            request = {"Keys": [typed_key(*key) for key in page], "ConsistentRead": True}
            wanted = {self.table_name: request}
            waits = _waits()
            while wanted:
                with explained(f"Reading {self.name}"):
                    answer = self.dynamodb.batch_get_item(RequestItems=wanted)
                yield from answer["Responses"].get(self.table_name, [])
                wanted = answer.get("UnprocessedKeys") or {}
                if wanted:
                    self._wait(waits)

    def _write(self, requests: Iterable[dict[str, Any]]) -> int:
        written = 0
        with concurrent.futures.ThreadPoolExecutor(_THREADS) as threads:
            # An item that comes twice is written in the order in which it came.
            for group in in_pages(requests, _BATCH_WRITE * _THREADS):
                pages = in_pages(last_of_each_key(group), _BATCH_WRITE)
                for done in [threads.submit(self._write_page, page) for page in pages]:
                    done.result()
                written += len(group)
        return written

    def _write_page(self, page: list[dict[str, Any]]) -> None:
        wanted = {self.table_name: page}
        waits = _waits()
        while wanted:
            with explained(f"Writing to {self.name}"):
                answer = self.dynamodb.batch_write_item(RequestItems=wanted)
            wanted = answer.get("UnprocessedItems") or {}
            if wanted:
                self._wait(waits)

    def _wait(self, waits: Iterator[float], sleep: Callable[[float], None] = time.sleep) -> None:
        seconds = next(waits, None)
        if seconds is None:
            raise OperationError(
                f"DynamoDB throttles {self.name} and did not stop: try again in a few minutes."
            )
        sleep(seconds)


def _waits() -> Iterator[float]:
    wait = _FIRST_WAIT
    for _ in range(_MAX_WAITS):
        yield wait * random.uniform(0.5, 1.0)
        wait = min(wait * 2, _LONGEST_WAIT)
