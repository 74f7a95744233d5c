"""A mail server on loopback (aiosmtpd) that keeps what it receives, or refuses it."""

from __future__ import annotations

import email
import email.policy
import ssl
from email.message import EmailMessage
from types import TracebackType
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.ports import free_port

USER, PASSWORD = "mailer@example.com", "p@ss/word:1"


class MailServer:
    """Accepts mail. `refusals` maps a step (`rcpt`, `data`) to the response that refuses it.

    With `tls`, it offers STARTTLS, or TLS from the start if `is_implicit`. With `needs_login`, it
    accepts mail only from USER.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        *,
        is_implicit: bool = False,
        needs_login: bool = False,
        refusals: dict[str, str] | None = None,
    ) -> None:
        self.received: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.was_encrypted: list[bool] = []
        self.refusals = refusals or {}
        self.port = free_port()
        starttls = tls if not is_implicit else None
        self._controller = Controller(
            self,
            hostname=host,
            port=self.port,
            ssl_context=tls if is_implicit else None,
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_required=needs_login,
            auth_require_tls=starttls is not None,
            authenticator=_authenticate,
        )

    def __enter__(self) -> MailServer:
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept or refuse a recipient."""
        if "rcpt" in self.refusals:
            return self.refusals["rcpt"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep an email, or refuse it."""
        if "data" in self.refusals:
            return self.refusals["data"]
        content = envelope.content
        assert isinstance(content, bytes)
        parsed = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.received.append(parsed)
        self.recipients.append(envelope.rcpt_tos)
        self.was_encrypted.append(session.ssl is not None)
        return "250 OK"


def _authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    accepted = (
        isinstance(data, LoginPassword)
        and data.login == USER.encode()
        and data.password == PASSWORD.encode()
    )
    return AuthResult(success=accepted, handled=False)
