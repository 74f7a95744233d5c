"""The content that the clients send."""

from __future__ import annotations

# Binary content that resembles a multipart boundary.
FILE = b'{"line": 1}\r\n\x00\xff--not-a-boundary\r\n' * 5000
