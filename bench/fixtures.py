"""Fixtures of the benchmarks: databases, stored items and the baseline's function."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import hashlib
import json
import secrets
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from api.local.database.binary import ensure_binary
from api.storage.schema import definition
from bench.bundles import baseline_bundle
from bench.environment import BENCH, CACHE, ROOT, stack_python
from bench.functions import Function, gateway_event
from bench.processes import LOOPBACK, clean_environment, free_port, running
from bench.standins.nginx import UPSTREAM_KEY

TABLE = "api-dashboard"
Item = dict[str, Any]

# Invented credentials, which sign the requests.
AWS = {
    "AWS_ACCESS_KEY_ID": "AKIDBENCH",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "us-east-2",
    "AWS_REGION": "us-east-2",
    "DYNAMODB_TABLE": TABLE,
}

_BATCH = 25


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Create a folder on the repository's disk (not in memory), and remove it at the end."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="scratch-") as name:
        yield Path(name)


@contextlib.contextmanager
def instant_dynamodb(items: Sequence[Item], folder: Path) -> Iterator[str]:
    """Run the stand-in of DynamoDB with `items` (DynamoDB's JSON). Yields its URL."""
    port = free_port()
    file = folder / f"items-{port}.json"
    file.write_text(json.dumps(items))
    program = BENCH / "standins" / "dynamodb.py"
    command = [stack_python(), str(program), str(port), str(file)]
    with running(command, port, clean_environment()):
        yield f"http://{LOOPBACK}:{port}"


@contextlib.contextmanager
def embedded_dynamodb(database: Path) -> Iterator[str]:
    """Run the product's embedded database on the file `database`. Yields its URL."""
    port = free_port()
    command = [str(ensure_binary(ROOT / ".cache")), "serve", "--host", LOOPBACK]
    command += ["--port", str(port), "--db-path", str(database)]
    with running(command, port, clean_environment()):
        yield f"http://{LOOPBACK}:{port}"


def import_items(items: Iterable[Item], database: Path) -> None:
    """Create the embedded database's file `database` with `items` (DynamoDB's JSON).

    Imports them as an export of DynamoDB, 20 times as fast as calls that put them.
    """
    source = database.with_suffix(".export")
    data = source / TABLE / "data"
    data.mkdir(parents=True)
    with gzip.open(data / "items.json.gz", "wt", compresslevel=1) as file:
        file.writelines(json.dumps({"Item": item}) + "\n" for item in items)
    schema = source / "schema.json"
    schema.write_text(json.dumps({"Table": definition(TABLE)}))
    command = [str(ensure_binary(ROOT / ".cache")), "import", "--source", str(source)]
    command += ["--schema", str(schema), "--output", str(database)]
    subprocess.run(command, check=True, capture_output=True, env=clean_environment())


def dynamodb_call(url: str, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Send one call of DynamoDB's JSON protocol to a database that does not check signatures."""
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "Authorization": "AWS4-HMAC-SHA256 Credential=AKIDBENCH/20260101/us-east-2/dynamodb/"
        "aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0",
        "X-Amz-Date": "20260101T000000Z",
    }
    request = urllib.request.Request(url, json.dumps(payload).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        result: dict[str, Any] = json.load(answer)
        return result


def all_items(url: str) -> list[Item]:
    """Return all items of the table in DynamoDB's JSON."""
    items: list[Item] = []
    page: dict[str, Any] = {"TableName": TABLE}
    while True:
        answer = dynamodb_call(url, "Scan", page)
        items += answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return items
        page["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def put_items(url: str, items: Sequence[Item]) -> None:
    """Write `items`, 25 in each call."""
    for start in range(0, len(items), _BATCH):
        puts = [{"PutRequest": {"Item": item}} for item in items[start : start + _BATCH]]
        dynamodb_call(url, "BatchWriteItem", {"RequestItems": {TABLE: puts}})


@dataclasses.dataclass(frozen=True)
class Baseline:
    """The baseline's stored items and its function."""

    items: list[Item]
    function_without_database: Function

    def function(self, dynamodb_url: str) -> Function:
        """Return the function with the DynamoDB at `dynamodb_url`."""
        function = self.function_without_database
        environment = {**function.environment, "AWS_ENDPOINT_URL_DYNAMODB": dynamodb_url}
        return dataclasses.replace(function, environment=environment)


def baseline(upstream_url: str, folder: Path) -> Baseline:
    """Return the baseline with one user, one key and one token for it."""
    token = "bench_" + secrets.token_urlsafe(32)
    fernet_key = Fernet.generate_key()
    token_item = {
        "PK": {"S": "TOKEN#" + hashlib.sha256(token.encode()).hexdigest()},
        "SK": {"S": "TOKEN"},
        "token_id": {"S": "bench"},
        "username": {"S": "baseline"},
        "keys": {"M": {"openai": {"S": "bench"}}},
        "methods": {"L": [{"S": "GET"}, {"S": "POST"}]},
        "path_prefixes": {"L": [{"S": "/v1/"}]},
    }
    key_item = {
        "PK": {"S": "USER#baseline"},
        "SK": {"S": "APIKEY#bench"},
        "key_id": {"S": "bench"},
        "api_name": {"S": "openai"},
        "base_url": {"S": upstream_url},
        "encrypted_key": {"S": Fernet(fernet_key).encrypt(UPSTREAM_KEY.encode()).decode()},
    }
    event = folder / "baseline-event.json"
    event.write_text(json.dumps(gateway_event(token)))
    environment = {**AWS, "FERNET_KEY": fernet_key.decode()}
    function = Function(baseline_bundle(), "baseline.lambda_function", environment, event)
    return Baseline([token_item, key_item], function)
