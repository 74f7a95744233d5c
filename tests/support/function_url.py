"""What a Lambda function URL makes of requests and of the fields of responses.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html (the event, payload
format 2.0); https://github.com/localstack/localstack/pull/6342 (accountId without authentication);
https://github.com/fastify/aws-lambda-fastify/issues/169 (rawPath keeps its encoding).
"""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote

Fields = Sequence[tuple[str, str]]

URL_ID = "abcdefghijklmnopqrstuvwxyz012345"
DOMAIN = f"{URL_ID}.lambda-url.us-east-2.on.aws"
# Bytes of the event: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
LARGEST_EVENT = 6 * 1024 * 1024
HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding")
)
# All other bodies are base64. AWS documents no list.
_TEXT = ("application/json", "application/xml", "application/javascript")
# Seen at function URLs, but not documented:
# https://github.com/cargo-lambda/cargo-lambda/issues/862 (the length),
# https://github.com/anthropics/claude-ai-mcp/issues/748 (the challenge).
_RENAMED = frozenset(("content-length", "date", "www-authenticate"))


def url_event(
    method: str,
    target: str,
    headers: Fields = (),
    body: bytes | None = None,
    source: str = "203.0.113.7",
) -> dict[str, Any]:
    """Return a request as the event of a function URL: field names in lower case, repeated fields
    joined by commas, cookies as a list, path and query as sent, `source` as the peer's address.
    """
    path, _, query = target.partition("?")
    fields, cookies = _joined(headers)
    fields |= {
        "x-forwarded-for": source,
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
        "x-amzn-tls-version": "TLSv1.3",
        "x-amzn-tls-cipher-suite": "TLS_AES_128_GCM_SHA256",
        "x-amzn-trace-id": f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}",
        "host": DOMAIN,
    }
    now = time.gmtime()
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path or "/",
        "rawQueryString": query,
        "headers": fields,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": URL_ID,
            "domainName": DOMAIN,
            "domainPrefix": URL_ID,
            "http": {
                "method": method,
                "path": unquote(path or "/"),
                "protocol": "HTTP/1.1",
                "sourceIp": source,
                "userAgent": fields.get("user-agent", ""),
            },
            "requestId": "-".join(secrets.token_hex(size) for size in (4, 2, 2, 2, 6)),
            "routeKey": "$default",
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", now),
            "timeEpoch": int(time.time() * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = cookies
    if query:
        pairs: dict[str, str] = {}
        for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=None):
            pairs[name] = f"{pairs[name]},{value}" if name in pairs else value
        event["queryStringParameters"] = pairs
    if body:
        text = _text(body, fields.get("content-type", ""))
        event["isBase64Encoded"] = text is None
        event["body"] = base64.b64encode(body).decode() if text is None else text
    return event


def to_fields(headers: dict[str, str], cookies: list[str]) -> list[tuple[str, str]]:
    """Return the header fields of the response that a function URL makes of a prelude."""
    fields = []
    for name, value in headers.items():
        lower = name.lower()
        if lower in _RENAMED:
            fields.append((f"x-amzn-Remapped-{lower}", value))
        elif lower not in HOP_BY_HOP and lower != "content-encoding":
            fields.append((name, value))
    return [*fields, *(("Set-Cookie", cookie) for cookie in cookies)]


def _joined(fields: Fields) -> tuple[dict[str, str], list[str]]:
    """Return the fields of a request by their names in lower case, and its cookies."""
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for name, value in fields:
        lower = name.lower()
        if lower == "cookie":
            cookies += [part.strip() for part in value.split(";") if part.strip()]
        elif lower not in HOP_BY_HOP:
            headers[lower] = f"{headers[lower]},{value}" if lower in headers else value
    return headers, cookies


def _text(body: bytes, content_type: str) -> str | None:
    """Return the body as text if the event has it as text, None if it is sent as base64."""
    kind = content_type.partition(";")[0].strip().lower()
    if not kind.startswith("text/") and kind not in _TEXT:
        return None
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None
