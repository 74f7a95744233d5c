"""A process that calls GetItem through one client, on demand.

Run as `python -m bench.exchange_process CLIENT URL`. For each count that it reads from standard
input, it makes that many calls and writes a line of JSON with their wall time and CPU time in
seconds. The product's client and botocore sign each call. urllib3 sends a constant signature, so it
is measured without the work of signing.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

TABLE = "bench"
KEY = {"PK": {"S": "USER#bench"}, "SK": {"S": "PROFILE"}}
ITEM = {**KEY, "email": {"S": "bench@example.com"}, "created_at": {"N": "1700000000"}}
REGION = "us-east-2"

Exchange = Callable[[], dict[str, Any]]


def ours(url: str) -> Exchange:
    """The client of the product."""
    from api.aws.json_client import JsonClient
    from api.aws.sigv4 import Credentials
    from api.http.pool import ConnectionPool, TlsContexts
    from api.secret import Secret

    client = JsonClient(
        ConnectionPool(TlsContexts()),
        Credentials("test", Secret("test")),
        service="dynamodb",
        region=REGION,
        endpoint=url,
        target="DynamoDB_20120810",
        content_type="application/x-amz-json-1.0",
        patience=10.0,
    )
    return lambda: client.call("GetItem", {"TableName": TABLE, "Key": KEY})


def urllib3(url: str) -> Exchange:
    """urllib3 with Python's json."""
    from urllib3 import connection_from_url

    pool = connection_from_url(url)
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Date": "20260101T000000Z",
        "X-Amz-Target": "DynamoDB_20120810.GetItem",
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-2/dynamodb/"
        "aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=" + "0" * 64,
    }

    def exchange() -> dict[str, Any]:
        body = json.dumps({"TableName": TABLE, "Key": KEY}).encode()
        response = pool.request("POST", "/", body=body, headers=headers)
        content: dict[str, Any] = json.loads(response.data)
        return content

    return exchange


def botocore(url: str) -> Exchange:
    """botocore's client, which boto3 wraps."""
    from botocore.session import get_session

    client = get_session().create_client(
        "dynamodb",
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )

    def exchange() -> dict[str, Any]:
        content: dict[str, Any] = client.get_item(TableName=TABLE, Key=KEY)
        return content

    return exchange


CLIENTS: dict[str, Callable[[str], Exchange]] = {
    "ours": ours,
    "urllib3": urllib3,
    "botocore": botocore,
}


def main() -> None:
    """Call as often as each line of standard input says."""
    exchange = CLIENTS[sys.argv[1]](sys.argv[2])
    if exchange()["Item"] != ITEM:
        raise SystemExit("The stand-in of DynamoDB did not respond with the item.")
    for line in sys.stdin:
        count = int(line)
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(count):
            exchange()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(json.dumps({"wall": wall, "cpu": cpu}), flush=True)


if __name__ == "__main__":
    main()
