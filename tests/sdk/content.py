"""What the clients send."""

from __future__ import annotations

# Not text, and like a boundary.
FILE = b'{"line": 1}\r\n\x00\xff--not-a-boundary\r\n' * 5000
