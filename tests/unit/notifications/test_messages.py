"""S51: whatever a name contains, a message shows it and does nothing else."""

from __future__ import annotations

import email
import email.policy
import json
import re
import unicodedata
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.notifications.messages import (
    Message,
    discord_body,
    email_message,
    ntfy_body,
    slack_body,
    webhook_body,
)
from api.notifications.texts import MAX_TEXT, MAX_TITLE, clean_text, clean_title, named

HOSTILE = [
    "<!channel> <!here> <!everyone>",
    "<@U012AB3CD> @everyone @here <@&123> <#456>",
    "<https://evil.example|Click here>",
    "[Click here](https://evil.example) ![x](https://evil.example/x.png)",
    "https://evil.example/?a=b www.evil.example HTTP://EVIL.example",
    "name\r\nBcc: victim@example.com\r\n\r\n<html><script>alert(1)</script>",
    "name\nX-Header: yes\x00\x1b[31m",
    "=?utf-8?q?=0D=0ABcc:_victim@example.com?=",
    "**bold** __under__ ~~gone~~ ||spoiler|| `code` ```block``` > quote # head - list 1. one",
    "&lt;!channel&gt; &amp;",
    "\u202egnp.exe \u2066left\u2069 \u200f\u2028line\u2029paragraph",
    "ansi\u0085next \ud83d :smile: <:custom:1234> <t:1700000000:R>",
    "x" * 5000,
    "@" * 3000,
    "&<" * 1000,
]
NAMES = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(alphabet=st.characters(), max_size=300),
    st.text(alphabet="<>&@*_~`|[]()#!:/\\\r\n.-=? wWhtps", max_size=300),
)
hostile = given(name=NAMES)


def message(name: str) -> Message:
    """Return what the outbox stores of a notification with a name."""
    title, text = f"Key {name} is refused", f"The API refused the key {named(name)}.\n{name}"
    return Message("1-ab", 1_780_000_000, "key", clean_title(title), clean_text(text), {"n": 5})


def unlinked(text: str) -> bool:
    return not re.search(r"://|\bwww\.", text, re.IGNORECASE)


@hostile
def test_s51_a_title_is_one_visible_line(name: str) -> None:
    title, text = message(name).title, message(name).text
    assert len(title) <= MAX_TITLE and len(text) <= MAX_TEXT
    for character in title + text.replace("\n", ""):
        assert unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    assert "\n" not in named(name) and len(named(name)) <= 62


@hostile
def test_s51_slack_gets_no_mention_link_or_formatting(name: str) -> None:
    body = json.loads(slack_body(message(name)))
    text = body["text"]
    (block,) = body["blocks"]
    shown = {"type": "plain_text", "text": text, "emoji": False}
    assert block == {"type": "section", "text": shown} and len(text) <= 3000
    assert "<" not in text and ">" not in text
    assert not re.search(r"&(?!amp;|lt;|gt;)", text)
    assert not re.search(r"@[^\u200b]", text)
    assert unlinked(text)
    assert (body["mrkdwn"], body["parse"], body["link_names"]) == (False, "none", False)
    assert (body["unfurl_links"], body["unfurl_media"]) == (False, False)
    assert set(body) == {
        "text", "blocks", "mrkdwn", "parse", "link_names", "unfurl_links", "unfurl_media"
    }  # fmt: skip


@hostile
def test_s51_discord_gets_no_mention_link_or_formatting(name: str) -> None:
    body = json.loads(discord_body(message(name)))
    assert body["allowed_mentions"] == {"parse": []}
    assert set(body) == {"content", "allowed_mentions", "flags"}
    content = body["content"]
    assert len(content) <= 2000
    title, _, text = content.partition("\n")
    assert title.startswith("**") and title.endswith("**")
    for part in (title[2:-2], text):
        # Without its escapes, a text has no ASCII punctuation at all.
        assert not re.search(r"[!-/:-@\[-`{-~]", re.sub(r"\\[!-/:-@\[-`{-~]", "", part))


@hostile
def test_s51_ntfy_gets_title_and_text_as_json(name: str) -> None:
    body = json.loads(ntfy_body(message(name), "my-topic"))
    assert set(body) == {"topic", "title", "message"} and body["topic"] == "my-topic"
    assert len(body["message"].encode()) <= 4096
    assert unlinked(body["title"]) and unlinked(body["message"])


@hostile
def test_s51_an_email_has_only_our_header_fields(name: str) -> None:
    sent = email_message(message(name), "alerts@example.com", "ada@example.com").as_bytes()
    parsed = email.message_from_bytes(sent, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    assert sorted(field.lower() for field in parsed) == [
        "auto-submitted", "content-transfer-encoding", "content-type", "date", "from",
        "message-id", "mime-version", "subject", "to",
    ]  # fmt: skip
    assert parsed["To"] == "ada@example.com" and parsed["From"] == "alerts@example.com"
    assert parsed.get_content_type() == "text/plain" and not parsed.is_multipart()
    head = sent.partition(b"\r\n\r\n")[0]
    assert head.isascii() and max(map(len, head.split(b"\r\n"))) <= 998
    assert unlinked(str(parsed["Subject"])) and unlinked(parsed.get_content())


@hostile
def test_s51_a_webhook_gets_the_texts_as_json_strings(name: str) -> None:
    found = message(name)
    payload = json.loads(webhook_body(found))
    assert list(payload) == ["type", "timestamp", "data"]
    assert payload["type"] == "key" and payload["timestamp"] == "2026-05-28T20:26:40Z"
    assert payload["data"]["title"] == found.title and payload["data"]["text"] == found.text
    assert set(payload["data"]) == {"title", "text", "facts"}


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_s51_a_subject_and_a_text_survive_the_way(name: str) -> None:
    found = message(name)
    parsed = email.message_from_bytes(
        email_message(found, "alerts@example.com", "ada@example.com").as_bytes(),
        policy=email.policy.default,
    )
    assert isinstance(parsed, EmailMessage)

    def without_gaps(text: str) -> str:
        return text.replace("\u200b", "").replace("\r\n", "\n").strip()

    assert without_gaps(parsed.get_content()) == found.text.strip()
