"""A stand-in for DynamoDB that responds at once, so that the database's time does not count.

Run as `python dynamodb.py PORT ITEMS.json`, where the file contains a list of items in DynamoDB's
JSON. Reads return these items. Writes succeed and store nothing. Needs httptools and uvloop.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import httptools
import uvloop

Item = dict[str, Any]
Request = dict[str, Any]

_EQUALS = re.compile(r"(#?\w+)\s*=\s*(:\w+)")
_PREFIX = re.compile(r"begins_with\s*\(\s*(#?\w+)\s*,\s*(:\w+)\s*\)")
_BETWEEN = re.compile(r"(#?\w+)\s+between\s+(:\w+)\s+and\s+(:\w+)", re.IGNORECASE)
_CLAUSE = re.compile(r"\b(ADD|SET|REMOVE)\s+(.*?)(?=\bADD\b|\bSET\b|\bREMOVE\b|\bDELETE\b|$)")
_ADDED = re.compile(r"(#?\w+)\s+(:\w+)")
_COMPARED = re.compile(r"(#?\w+)\s*(<=|>=|<|>)\s*(:\w+)")

READS = ("GetItem", "BatchGetItem", "TransactGetItems", "Query")


class Unsupported(Exception):
    """The stand-in does not support a request."""


class Table:
    """Items by their primary key, and a function for each operation."""

    def __init__(self, items: list[Item]) -> None:
        self.items = {self._key(item): item for item in items}
        self.updated: dict[tuple[str, str], Item] = {}
        self.operations: dict[str, Callable[[Request], Request]] = {
            "GetItem": self.get_item,
            "BatchGetItem": self.batch_get_item,
            "TransactGetItems": self.transact_get_items,
            "Query": self.query,
            "UpdateItem": self.update_item,
            "BatchWriteItem": lambda request: {"UnprocessedItems": {}},
            "TransactWriteItems": lambda request: {},
            "DescribeTable": lambda request: {"Table": {"TableStatus": "ACTIVE"}},
            "DescribeTimeToLive": lambda request: {
                "TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED"}
            },
        }

    @staticmethod
    def _key(item: Item) -> tuple[str, str]:
        return item["PK"]["S"], item["SK"]["S"]

    def _found(self, key: Item) -> Item | None:
        return self.items.get(self._key(key))

    def get_item(self, request: Request) -> Request:
        item = self._found(request["Key"])
        return {} if item is None else {"Item": item}

    def batch_get_item(self, request: Request) -> Request:
        answers = {
            table: [item for key in asked["Keys"] if (item := self._found(key)) is not None]
            for table, asked in request["RequestItems"].items()
        }
        return {"Responses": answers, "UnprocessedKeys": {}}

    def transact_get_items(self, request: Request) -> Request:
        found = (self._found(part["Get"]["Key"]) for part in request["TransactItems"])
        return {"Responses": [{} if item is None else {"Item": item} for item in found]}

    def query(self, request: Request) -> Request:
        names = request.get("ExpressionAttributeNames", {})
        values = request["ExpressionAttributeValues"]
        expression = request["KeyConditionExpression"]
        if "FilterExpression" in request or "IndexName" in request:
            raise Unsupported("Query with a filter or an index")
        tests: list[Callable[[Item], bool]] = []
        for name, low, high in _BETWEEN.findall(expression):
            tests.append(_between(names.get(name, name), values[low]["S"], values[high]["S"]))
        expression = _BETWEEN.sub("", expression)
        for name, value in _PREFIX.findall(expression):
            tests.append(_prefixed(names.get(name, name), values[value]["S"]))
        for name, value in _EQUALS.findall(expression):
            tests.append(_equal(names.get(name, name), values[value]["S"]))
        if _COMPARED.search(expression):
            raise Unsupported("Query with a comparison of the sort key")
        found = [item for item in self.items.values() if all(test(item) for test in tests)]
        found.sort(key=self._key, reverse=not request.get("ScanIndexForward", True))
        found = found[: request.get("Limit")]
        return {"Items": found, "Count": len(found), "ScannedCount": len(found)}

    def update_item(self, request: Request) -> Request:
        """Return the new values of the attributes that `ADD` increments, with ALL_NEW of all.

        Only what these updates write is stored, and no condition is checked.
        """
        wanted = request["ReturnValues"]
        if wanted not in ("UPDATED_NEW", "ALL_NEW"):
            raise Unsupported("UpdateItem with other return values than UPDATED_NEW and ALL_NEW")
        names = request.get("ExpressionAttributeNames", {})
        values = request["ExpressionAttributeValues"]
        clauses = dict(_CLAUSE.findall(request["UpdateExpression"]))
        item = self.updated.setdefault(self._key(request["Key"]), {})
        added: Item = {}
        for name, value in _ADDED.findall(clauses.get("ADD", "")):
            attribute = names.get(name, name)
            before = int(item[attribute]["N"]) if attribute in item else 0
            added[attribute] = {"N": str(before + int(values[value]["N"]))}
        item.update(added)
        if wanted == "UPDATED_NEW":
            return {"Attributes": added}
        for name, value in _EQUALS.findall(clauses.get("SET", "")):
            item[names.get(name, name)] = values[value]
        for name in re.findall(r"#?\w+", clauses.get("REMOVE", "")):
            item.pop(names.get(name, name), None)
        return {"Attributes": item}


def _between(name: str, low: str, high: str) -> Callable[[Item], bool]:
    return lambda item: low <= item[name]["S"] <= high


def _prefixed(name: str, prefix: str) -> Callable[[Item], bool]:
    return lambda item: item[name]["S"].startswith(prefix)


def _equal(name: str, value: str) -> Callable[[Item], bool]:
    return lambda item: item[name]["S"] == value


def _http(status: str, content: Request) -> bytes:
    body = json.dumps(content).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/x-amz-json-1.0\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


# Writes whose payload need not be parsed unless they return values.
ACCEPTED = (b".PutItem", b".UpdateItem", b".DeleteItem")
EMPTY = _http("200 OK", {})


class Connection(asyncio.Protocol):
    """One HTTP/1.1 connection. Responses to reads are cached by operation and body."""

    answers: ClassVar[dict[tuple[bytes, bytes], bytes]] = {}
    table: ClassVar[Table]

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)
        self.on_message_begin()

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.target = b""
        self.body = b""

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"x-amz-target":
            self.target = value

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        if self.target.endswith(ACCEPTED) and b'"ReturnValues":' not in self.body:
            self.transport.write(EMPTY)
            return
        operation = self.target.rpartition(b".")[2].decode()
        asked = (self.target, self.body)
        answer = self.answers.get(asked)
        if answer is None:
            answer = self.answer(operation)
            if operation in READS:
                self.answers[asked] = answer
        self.transport.write(answer)

    def answer(self, operation: str) -> bytes:
        try:
            content = self.table.operations[operation](json.loads(self.body))
            status = "200 OK"
        except (Unsupported, KeyError) as error:
            print(f"{operation}: {error!r}: {self.body[:500]!r}", file=sys.stderr, flush=True)
            content = {"__type": "ValidationException", "message": f"{operation}: {error}"}
            status = "400 Bad Request"
        return _http(status, content)


async def serve(port: int) -> None:
    """Serve on the loopback `port` until the process ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    Connection.table = Table(json.loads(Path(sys.argv[2]).read_text()))
    uvloop.run(serve(int(sys.argv[1])))
