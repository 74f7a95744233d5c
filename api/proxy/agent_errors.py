"""Problems for coding agents that treat a 402 or a long 429 differently from the provider's SDK.

They are recognised by the first word of their `User-Agent`.
"""

from __future__ import annotations

import re
from typing import Any

# These wait as long as Retry-After says, even for hours, and print nothing. Without the field, they
# try a few more times and then print the message.
_SILENT_WAITERS = ("codex", "opencode/", "qwencode/")
_CODEX = "codex"
# Clients that repeat each 429, whatever x-should-retry says, but no 402. The name of the AI SDK
# (Vercel) follows that of its application.
_REPEATS_429 = re.compile(r"qwencode/|(?:.* )?ai-sdk[/-]")


def spend_status(provider_status: int, user_agent: str) -> int:
    """Return the status of a problem of the user's budgets. `provider_status` is the provider's."""
    agent = user_agent.lower()
    if agent.startswith(_CODEX):
        return 429  # Codex shows its message of a limit, and repeats other statuses.
    return 402 if _REPEATS_429.match(agent) else provider_status


def adapt_lasting_limit(
    headers: list[tuple[str, str]],
    document: dict[str, Any],
    user_agent: str,
    message: str,
    reset_at: int | None,
) -> list[tuple[str, str]]:
    """Return the header fields of a limit that lasts for minutes, and change its document.

    `reset_at` is epoch seconds, None if the limit does not end by itself.
    """
    agent = user_agent.lower()
    if not agent.startswith(_SILENT_WAITERS):
        return headers
    headers = [field for field in headers if field[0] != "Retry-After"]
    error = document.get("error")  # Some providers have a word there.
    if agent.startswith(_CODEX) and isinstance(error, dict):
        # For other types Codex prints its own message. For this one it also prints the field below
        # (codex-rs/codex-api/src/api_bridge.rs).
        resets = {} if reset_at is None else {"resets_at": reset_at}
        document["error"] = error | {"type": "usage_limit_reached"} | resets
        headers.append(("x-codex-promo-message", message.removesuffix(".")))
    return headers
