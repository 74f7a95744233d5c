"""Parse and mask the addresses of notification targets: URLs and email addresses."""

from __future__ import annotations

import re

import msgspec

from api.schemas.notifications import TargetKind
from api.upstream.base_url import BaseUrl, InvalidBaseUrl, parse_base_url
from api.upstream.paths import InvalidPath
from api.upstream.target import build_target

# Characters after the host from which on the last four are shown.
_LEAST_SHOWN = 20
_URL = re.compile(r"([A-Za-z]+://[^/?#\\]*)([^?#]*)(?:\?(.*))?", re.DOTALL)
# The characters of RFC 5322's dot-atom; quoted local parts are not accepted.
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
)
# https://docs.ntfy.sh/publish/ and ntfy's own pattern of topics.
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,64}")


class InvalidAddress(ValueError):
    """An address is not valid. `reason` is a sentence for the user."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WebAddress(msgspec.Struct, frozen=True):
    """A URL that requests are sent to: the host, and the request target with path and query.

    `topic` is set for ntfy, whose target is that of its server (it publishes JSON there).
    """

    base: BaseUrl
    target: str
    topic: str = ""


def parse_web_address(kind: TargetKind, text: str, allowed: frozenset[str]) -> WebAddress:
    """Parse a URL with the parser of base URLs (S4). `allowed` is the development allow-list.

    Raises InvalidAddress.
    """
    parts = _URL.fullmatch(text)
    if parts is None:
        raise InvalidAddress("The address must be a URL such as https://hooks.example.com/path.")
    origin, path, query = parts[1], parts[2], parts[3]
    topic = ""
    if kind == "ntfy":
        path, _, topic = path.removesuffix("/").rpartition("/")
        path += "/"
        if query is not None or not _TOPIC.fullmatch(topic):
            raise InvalidAddress(
                "The address must end with the topic, such as https://ntfy.sh/my-topic: at most 64 "
                "letters, digits, - and _."
            )
    try:
        base = parse_base_url(origin, allowed)
        return WebAddress(base, build_target(base, path, query or ""), topic)
    except (InvalidBaseUrl, InvalidPath) as error:
        raise InvalidAddress(error.reason.replace("base URL", "address")) from error


def check_email(text: str) -> None:
    """Raise InvalidAddress for text that is not one email address."""
    if len(text) > 254 or not _EMAIL.fullmatch(text) or len(text.partition("@")[0]) > 64:
        raise InvalidAddress("This is not an email address such as ada@example.com.")


def mask_address(kind: TargetKind, text: str) -> str:
    """Return an email address unchanged, and of a URL the host and the last characters.

    The path of a URL is a secret for most services: whoever knows it can send there.
    """
    parts = _URL.fullmatch(text)
    if kind == "email" or parts is None:
        return text
    rest = text[len(parts[1]) :]
    if rest in ("", "/"):
        return text
    return f"{parts[1]}/…{rest[-4:] if len(rest) >= _LEAST_SHOWN else ''}"
