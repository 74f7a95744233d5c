"""The items that the baseline reads and writes."""

from __future__ import annotations

from pydantic import BaseModel


class Token(BaseModel):
    """A personal access token. `keys` maps each allowed API to its key."""

    token_id: str
    username: str
    keys: dict[str, str]
    methods: list[str]
    path_prefixes: list[str]
    expires_at: int | None = None
    revoked: bool = False
    limit: int | None = None
    window: int | None = None


class ApiKey(BaseModel):
    """A stored key, encrypted with Fernet."""

    key_id: str
    api_name: str
    base_url: str
    encrypted_key: str


class RateLimit(BaseModel):
    """The limit that the upstream reported. `reset_at` and `ttl` are in epoch seconds."""

    limit: int
    remaining: int
    reset_at: int
    updated_at: int
    ttl: int


class LogEntry(BaseModel):
    """A proxied request. `duration` is in milliseconds, sizes are in bytes."""

    request_id: str
    token_id: str
    api_name: str
    method: str
    host: str
    path: str
    status: int
    duration: int
    bytes_in: int
    bytes_out: int
    created_at: int
    ttl: int
