"""Read the settings of outgoing mail: the sender, and on one machine the mail server."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

import msgspec

from api.errors import SettingError
from api.secret import Secret
from api.setting_reader import SettingReader

_URL, _FROM = "API_DASHBOARD_SMTP_URL", "API_DASHBOARD_MAIL_FROM"
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_DEFAULT_PORTS = {"smtp": 587, "smtps": 465}


class SmtpServer(msgspec.Struct, frozen=True):
    """A mail server. `is_tls` is TLS from the start (RFC 8314); otherwise it is STARTTLS."""

    host: str
    port: int
    is_tls: bool
    username: str = ""
    password: Secret | None = None

    @property
    def may_be_plain(self) -> bool:
        """Whether mail may be sent without TLS, because it does not leave the machine."""
        return self.host in _LOOPBACK


class MailSettings(msgspec.Struct, frozen=True):
    """Who sends mail, and by which server. Without `smtp` it is sent by Amazon SES."""

    sender: str
    smtp: SmtpServer | None


def read_mail_settings(read: SettingReader, deployed: bool) -> MailSettings | None:
    """Return the settings of mail, None without them. Raises SettingError."""
    sender, url = read.stripped(_FROM), read.stripped(_URL)
    if not sender and not url:
        return None
    if not _ADDRESS.fullmatch(sender) or len(sender) > 254:
        raise SettingError(f"{_FROM} must be an email address such as alerts@example.com.")
    if deployed and url:
        raise SettingError(
            f"{_URL} is for one machine only and must not be set in a deployed configuration, "
            "which sends mail by Amazon SES."
        )
    if not deployed and not url:
        raise SettingError(f"{_URL} must be set together with {_FROM}.")
    return MailSettings(sender, _parse_url(url) if url else None)


def _parse_url(url: str) -> SmtpServer:
    example = f"{_URL} must be a URL such as smtp://user:password@mail.example.com:587."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise SettingError(example) from None
    if parts.scheme not in _DEFAULT_PORTS or not host or port == 0:
        raise SettingError(example)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise SettingError(f"{_URL} must have no path, query or fragment. Percent-encode / ? #.")
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(username) != bool(password):
        raise SettingError(f"{_URL} must have both a user and a password, or neither.")
    return SmtpServer(
        host,
        port or _DEFAULT_PORTS[parts.scheme],
        parts.scheme == "smtps",
        username,
        Secret(password) if password else None,
    )
