"""Cross-origin requests of the dashboard's pages, if they are on another origin (S34)."""

from __future__ import annotations

# Header fields that the pages send and read.
CORS_SENT = ("accept", "authorization", "content-type", "x-api-key")
CORS_READ = (
    "link", "location", "proxy-status", "ratelimit", "ratelimit-policy", "retry-after",
    "server-timing", "x-request-id",
)  # fmt: skip
CORS_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
PREFLIGHT_SECONDS = 3600
