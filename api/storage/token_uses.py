"""Last uses of tokens by client: attributes of the rate-limit item and of the token's own item.

In the rate-limit item of an API, `t{code}_{token_id}` is when a token was last used with a client,
in seconds since the start of the item's hour. Usual clients have a code of one character, so that
eight such attributes fit besides everything else in one write unit; for other clients, the client
itself takes the place of the code. `t_{token_id}` is a use from before clients were stored. In the
token's item `c_{client}` is the time of the last use (epoch seconds). Only the latest clients are
kept: a write that adds too many is corrected by the next one.

A use of the text that a rotation replaced has `!` and the text's mark before the code, and the time
of its last use is `u_{mark}` in the token's item.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

MAX_CLIENTS = 8
"""The number of clients that are kept and shown for a token."""

_CLIENT_PREFIX = "c_"
_OLD_TEXT_PREFIX = "u_"
_OLD_TEXT = "!"
_MARK_LENGTH = 2
# Codes are stored, so their meaning must not change. Add new ones at the end.
_CODES = dict(
    zip(
        (
            "none", "other", "claude-cli", "codex", "gemini-cli", "opencode", "aider", "litellm",
            "cursor", "vscode", "openai-python", "openai-js", "anthropic-python", "anthropic-js",
            "google-genai-sdk", "ai-sdk", "curl", "wget", "httpie", "postman", "python-httpx",
            "python-requests", "python-urllib", "aiohttp", "node", "node-fetch", "undici", "axios",
            "bun", "deno", "go-http-client", "okhttp", "java", "java-http-client", "ruby",
            "faraday", "guzzlehttp", "powershell", "stripe-python", "stripe-node", "pygithub",
            "octokit", "twilio-python", "groq-python", "mistral-client-python", "chrome",
            "firefox", "safari", "edge", "stainless-python", "stainless-js", "opera",
        ),
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        strict=False,
    )
)  # fmt: skip
_CLIENTS = {code: client for client, code in _CODES.items()}
# The name without token and client, and a time of up to 3,599 seconds.
_OTHER_BYTES = 2 + 3


class TokenUse(NamedTuple):
    """A token with the client that uses it, empty if it is not known.

    `old_text` is the mark of the text that was used if a rotation has replaced it, else empty.
    """

    token_id: str
    client: str
    old_text: str = ""


class UseTimes(NamedTuple):
    """When a token was last used with each client, and with each old text (epoch seconds)."""

    clients: dict[str, int]
    old_texts: dict[str, int]


def text_mark(text_hash: str) -> str:
    """Return the mark of a token's text, the beginning of its hash."""
    return text_hash[:_MARK_LENGTH]


def use_attribute(use: TokenUse) -> str:
    """Return the name of a use in the rate-limit item."""
    mark = _OLD_TEXT + use.old_text if use.old_text else ""
    return f"t{mark}{_CODES.get(use.client, use.client)}_{use.token_id}"


def use_bytes(use: TokenUse) -> int:
    """Return the bytes of a use in the rate-limit item."""
    mark = len(_OLD_TEXT + use.old_text) if use.old_text else 0
    return _OTHER_BYTES + mark + len(_CODES.get(use.client, use.client)) + len(use.token_id)


def stored_uses(item: Mapping[str, Any], hour: int) -> dict[TokenUse, int]:
    """Return the uses in a rate-limit item with their times. `hour` is the item's hour."""
    uses = {}
    for name, value in item.items():
        code, underscore, token_id = name.partition("_")
        if underscore and code.startswith("t"):
            code, mark = code[1:], ""
            if code.startswith(_OLD_TEXT):
                mark, code = code[1 : 1 + _MARK_LENGTH], code[1 + _MARK_LENGTH :]
            uses[TokenUse(token_id, _CLIENTS.get(code, code), mark)] = hour + int(value)
    return uses


def times_by_token(uses: Iterable[tuple[TokenUse, int]]) -> dict[str, UseTimes]:
    """Return the latest time of each client and of each old text, by token."""
    times: dict[str, UseTimes] = {}
    for use, at in uses:
        clients, old_texts = times.setdefault(use.token_id, UseTimes({}, {}))
        clients[use.client] = max(at, clients.get(use.client, 0))
        if use.old_text:
            old_texts[use.old_text] = max(at, old_texts.get(use.old_text, 0))
    return times


def latest(*clients: Mapping[str, int]) -> dict[str, int]:
    """Return the latest clients with their times, the last used first. At most MAX_CLIENTS.

    Leaves out a client that is not known.
    """
    merged: dict[str, int] = {}
    for some in clients:
        for client, at in some.items():
            if client:
                merged[client] = max(at, merged.get(client, 0))
    ordered = sorted(merged.items(), key=lambda one: (-one[1], one[0]))
    return dict(ordered[:MAX_CLIENTS])


def client_attribute(client: str) -> str:
    """Return the name of a client's last use in the token's item."""
    return _CLIENT_PREFIX + client


def stored_clients(item: Mapping[str, Any]) -> dict[str, int]:
    """Return all clients in a token's item, with the times of their last use."""
    return _stored(item, _CLIENT_PREFIX)


def old_text_attribute(mark: str) -> str:
    """Return the name of the last use of an old text in the token's item."""
    return _OLD_TEXT_PREFIX + mark


def stored_old_texts(item: Mapping[str, Any]) -> dict[str, int]:
    """Return the marks of old texts in a token's item, with the times of their last use."""
    return _stored(item, _OLD_TEXT_PREFIX)


def _stored(item: Mapping[str, Any], prefix: str) -> dict[str, int]:
    return {
        name.removeprefix(prefix): int(at) for name, at in item.items() if name.startswith(prefix)
    }
