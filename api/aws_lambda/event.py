"""Responses in API Gateway's payload format 2.0, whose fields a function URL has too.

Source:
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from api.proxy.response import ProxyResponse

# Bytes. JSON can escape text to six times its size; base64 adds a third. Longer text is sent as
# base64, so that it does not exceed the limit of 6 MB.
_LONGEST_TEXT = 500_000


def to_gateway(response: ProxyResponse) -> dict[str, Any]:
    """Return a response in the gateway's format, with its body read to the end."""
    headers, cookies = joined_fields(response.headers)
    body = response.body if isinstance(response.body, bytes) else b"".join(response.body)
    gateway_response: dict[str, Any] = {"statusCode": response.status, "headers": headers}
    if cookies:
        gateway_response["cookies"] = cookies
    return gateway_response | _encoded(body, headers)


def joined_fields(fields: Sequence[tuple[str, str]]) -> tuple[dict[str, str], list[str]]:
    """Return header fields and cookies as the format requires.

    Repeated fields are joined with a comma, and cookies are a separate list.
    """
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for name, value in fields:
        lower = name.lower()
        if lower == "set-cookie":
            cookies.append(value)
        elif lower in headers:
            headers[lower] = f"{headers[lower]}, {value}"
        else:
            headers[lower] = value
    return headers, cookies


def _encoded(body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    if "content-encoding" not in headers and len(body) <= _LONGEST_TEXT:
        try:
            return {"body": body.decode("utf-8"), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(body).decode("ascii"), "isBase64Encoded": True}
