"""The baseline's proxy and its AWS entry point."""

from __future__ import annotations

import hashlib
import os
import re
import time
import uuid

import httpx
from cryptography.fernet import Fernet
from fastapi import FastAPI, HTTPException, Request, Response
from mangum import Mangum

from . import store
from .models import LogEntry, RateLimit, Token

LOG_SECONDS = 7 * 86400
NOT_FORWARDED = {"authorization", "connection", "content-length", "cookie", "host"}
NOT_RETURNED = {"connection", "content-encoding", "content-length", "transfer-encoding"}
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}

app = FastAPI()
fernet = Fernet(os.environ["FERNET_KEY"])
upstream = httpx.Client(timeout=25.0)


@app.get("/api/status")
def status() -> dict[str, str]:
    return {"status": "ok"}


@app.api_route("/proxy/{api_name}/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def proxy(api_name: str, path: str, request: Request) -> Response:
    started = time.time()
    token = authenticate(request, api_name, path)
    key = store.get_key(token.username, token.keys[api_name])
    if key is None:
        raise HTTPException(404, "No such key")
    if token.limit is not None and not store.take_from_limit(token):
        raise HTTPException(429, "Limit reached")
    secret = fernet.decrypt(key.encrypted_key).decode()
    headers = {name: value for name, value in request.headers.items() if name not in NOT_FORWARDED}
    body = await request.body()
    answer = upstream.request(
        request.method,
        f"{key.base_url}/{path}",
        params=request.query_params,
        content=body,
        headers={**headers, "authorization": f"Bearer {secret}"},
    )
    record(token, api_name, path, request.method, len(body), answer, started)
    returned = {name: value for name, value in answer.headers.items() if name not in NOT_RETURNED}
    return Response(answer.content, answer.status_code, returned)


def authenticate(request: Request, api_name: str, path: str) -> Token:
    """Return the request's token. Raises HTTPException (401 or 403) if it is not allowed."""
    scheme, _, presented = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise HTTPException(401, "No token")
    token = store.get_token(hashlib.sha256(presented.encode()).hexdigest())
    if token is None or token.revoked:
        raise HTTPException(401, "Unknown token")
    if token.expires_at is not None and token.expires_at < time.time():
        raise HTTPException(401, "Expired token")
    if api_name not in token.keys or request.method not in token.methods:
        raise HTTPException(403, "Not in the token's scope")
    if not any(f"/{path}".startswith(prefix) for prefix in token.path_prefixes):
        raise HTTPException(403, "Not in the token's scope")
    return token


def record(
    token: Token,
    api_name: str,
    path: str,
    method: str,
    bytes_in: int,
    answer: httpx.Response,
    started: float,
) -> None:
    """Write usage, the request log and the observed rate limit."""
    now = time.time()
    entry = LogEntry(
        request_id=uuid.uuid4().hex,
        token_id=token.token_id,
        api_name=api_name,
        method=method,
        host=answer.url.host,
        path=f"/{path}",
        status=answer.status_code,
        duration=round((now - started) * 1000),
        bytes_in=bytes_in,
        bytes_out=len(answer.content),
        created_at=int(now),
        ttl=int(now) + LOG_SECONDS,
    )
    store.add_usage(token.username, entry)
    store.put_log_entry(token.username, entry)
    if "x-ratelimit-limit-requests" in answer.headers:
        reset_at = int(now + seconds(answer.headers["x-ratelimit-reset-requests"]))
        rate_limit = RateLimit(
            limit=int(answer.headers["x-ratelimit-limit-requests"]),
            remaining=int(answer.headers["x-ratelimit-remaining-requests"]),
            reset_at=reset_at,
            updated_at=int(now),
            ttl=reset_at + 86400,
        )
        store.put_rate_limit(token.username, api_name, rate_limit)


def seconds(duration: str) -> float:
    """Return a Go duration such as `6m0s` or `12ms` in seconds."""
    parts = re.findall(r"([\d.]+)(ms|h|m|s)", duration)
    return sum(float(number) * UNITS[unit] for number, unit in parts)


handler = Mangum(app, lifespan="off")
