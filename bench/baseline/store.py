"""The baseline's table, through `boto3.resource`."""

from __future__ import annotations

import os
import time

import boto3
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError

from .models import ApiKey, LogEntry, RateLimit, Token

table = boto3.resource("dynamodb").Table(os.environ["DYNAMODB_TABLE"])


def get_token(token_hash: str) -> Token | None:
    item = table.get_item(Key={"PK": f"TOKEN#{token_hash}", "SK": "TOKEN"}, ConsistentRead=True)
    return Token.model_validate(item["Item"]) if "Item" in item else None


def get_key(username: str, key_id: str) -> ApiKey | None:
    item = table.get_item(Key={"PK": f"USER#{username}", "SK": f"APIKEY#{key_id}"})
    return ApiKey.model_validate(item["Item"]) if "Item" in item else None


def take_from_limit(token: Token) -> bool:
    """Count one request in the token's current window. Return False if it is exhausted."""
    assert token.limit is not None and token.window is not None
    start = int(time.time()) // token.window * token.window
    try:
        table.update_item(
            Key={"PK": f"USER#{token.username}", "SK": f"WINDOW#{token.token_id}#{start}"},
            UpdateExpression="ADD used :one SET #ttl = :ttl",
            ConditionExpression=Attr("used").not_exists() | Attr("used").lt(token.limit),
            ExpressionAttributeNames={"#ttl": "ttl"},
            ExpressionAttributeValues={":one": 1, ":ttl": start + 2 * token.window},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True


def add_usage(username: str, entry: LogEntry) -> None:
    hour = time.strftime("%Y-%m-%dT%H", time.gmtime(entry.created_at))
    table.update_item(
        Key={"PK": f"USER#{username}", "SK": f"USAGE#{entry.api_name}#{hour}"},
        UpdateExpression="ADD requests :one, errors :errors, milliseconds :milliseconds",
        ExpressionAttributeValues={
            ":one": 1,
            ":errors": int(entry.status >= 400),
            ":milliseconds": entry.duration,
        },
    )


def put_log_entry(username: str, entry: LogEntry) -> None:
    key = {"PK": f"USER#{username}", "SK": f"REQUEST#{entry.created_at}#{entry.request_id}"}
    table.put_item(Item={**key, **entry.model_dump()})


def put_rate_limit(username: str, api_name: str, rate_limit: RateLimit) -> None:
    key = {"PK": f"USER#{username}", "SK": f"RATELIMIT#{api_name}"}
    table.put_item(Item={**key, **rate_limit.model_dump()})
