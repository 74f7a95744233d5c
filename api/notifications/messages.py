"""The bodies of messages to webhooks, ntfy, Slack and Discord, and emails.

Titles and texts are plain text in which names can be hostile (S51), so each format is told to show
them as they are: no markup, no mentions and no links of theirs take effect.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

import msgspec

from api.storage.notifications import Fact

# https://docs.ntfy.sh/publish/: a longer message becomes an attachment. In bytes.
_NTFY_MESSAGE = 4096
# https://discord.com/developers/docs/resources/webhook: at most 2,000 characters.
_DISCORD_MESSAGE = 2000
_SUPPRESS_EMBEDS = 4
# https://docs.slack.dev/reference/block-kit/blocks/section-block: at most 3,000 characters.
_SLACK_BLOCK = 3000
_DISCORD_SPECIAL = re.compile(r"[!-/:-@\[-`{-~]")
_GAP = "\u200b"
"""A character without width, which ends what a program takes for a link or a mention."""


class Message(msgspec.Struct, frozen=True):
    """What is sent: a notification with its id, and when it was queued (epoch seconds)."""

    message_id: str
    at: int
    event: str
    title: str
    text: str
    facts: dict[str, Fact] = {}


def webhook_body(message: Message) -> bytes:
    """Return the payload of a webhook: `type`, `timestamp` (RFC 3339) and `data`."""
    payload = {
        "type": message.event,
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(message.at)),
        "data": {"title": message.title, "text": message.text, "facts": message.facts},
    }
    return msgspec.json.encode(payload)


def ntfy_body(message: Message, topic: str) -> bytes:
    """Return the body that publishes to a topic as JSON: no text is in a header field.

    ntfy shows a message as plain text unless it is declared as Markdown.
    """
    text = without_links(message.text).encode()[:_NTFY_MESSAGE].decode(errors="ignore")
    return msgspec.json.encode(
        {"topic": topic, "title": without_links(message.title), "message": text}
    )


def slack_body(message: Message) -> bytes:
    """Return the body for an incoming webhook: a block of plain text, which has no formatting.

    `text` is what previews show, and servers that are compatible with Slack. Incoming webhooks
    may ignore the members that disable formatting, so no character that begins a mention or a link
    is left in it.
    """
    text = message.text
    content = slack_text(f"{message.title}\n{text}")
    while len(content) > _SLACK_BLOCK:
        text = text[: len(text) * 3 // 4]
        content = slack_text(f"{message.title}\n{text}…")
    block = {"type": "section", "text": {"type": "plain_text", "text": content, "emoji": False}}
    body: dict[str, Any] = {
        "text": content,
        "blocks": [block],
        "mrkdwn": False,
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }
    return msgspec.json.encode(body)


def discord_body(message: Message) -> bytes:
    """Return the body for a Discord webhook, which mentions nobody whatever the text says."""
    title, text = discord_text(message.title), message.text
    content = f"**{title}**\n{discord_text(text)}"
    while len(content) > _DISCORD_MESSAGE:
        text = text[: len(text) * 3 // 4]
        content = f"**{title}**\n{discord_text(text)}…"
    return msgspec.json.encode(
        {"content": content, "allowed_mentions": {"parse": []}, "flags": _SUPPRESS_EMBEDS}
    )


def email_message(message: Message, sender: str, recipient: str) -> EmailMessage:
    """Return an email in plain text. `Message-ID` is the same for each attempt."""
    mail = EmailMessage(SMTP)
    mail["From"] = sender
    mail["To"] = recipient
    # The standard library decodes RFC 2047's encoded words in a value, also those with line breaks.
    mail["Subject"] = without_links(message.title).replace("=?", f"={_GAP}?")
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.at, UTC))
    mail["Message-ID"] = f"<{message.message_id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(without_links(message.text) + "\n")
    return mail


def slack_text(text: str) -> str:
    """Escape what Slack's mrkdwn reads as a mention, a link or a control sequence.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return without_links(escaped).replace("@", f"@{_GAP}")


def discord_text(text: str) -> str:
    """Escape every punctuation character, so that Discord shows it as it is."""
    return _DISCORD_SPECIAL.sub(r"\\\g<0>", text)


def without_links(text: str) -> str:
    """Return a text whose URLs are no links: programs link what begins with a scheme or `www.`."""
    return re.sub(r"://|(?i:www)\.", lambda found: found[0][:-1] + _GAP + found[0][-1], text)
