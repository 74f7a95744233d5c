"""Sends emails by the operator's mail server (SMTP)."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterator
from threading import Timer
from time import monotonic

from api.mail_settings import SmtpServer
from api.notifications.messages import Message, email_message
from api.notifications.results import SECONDS, AttemptResult

_PERMANENT = 500


class SmtpMailer:
    """Sends emails from the operator's address. `authorities` is a PEM file of further roots."""

    def __init__(self, sender: str, server: SmtpServer, authorities: str | None = None) -> None:
        self._sender = sender
        self._server = server
        self._authorities = authorities

    def send(self, message: Message, recipient: str) -> AttemptResult:
        """Send one email in at most SECONDS. Never raises."""
        mail = email_message(message, self._sender, recipient)
        try:
            with self._connected() as server:
                server.send_message(mail, self._sender, [recipient])
        except smtplib.SMTPRecipientsRefused as error:
            ((code, _),) = error.recipients.values()
            return _refused(code, "the recipient")
        except smtplib.SMTPSenderRefused as error:
            return _refused(error.smtp_code, "the sender")
        except smtplib.SMTPAuthenticationError as error:
            return _refused(error.smtp_code, "the user and password in API_DASHBOARD_SMTP_URL")
        except smtplib.SMTPNotSupportedError:
            return AttemptResult(
                False, "The mail server does not offer STARTTLS, so nothing was sent."
            )
        except smtplib.SMTPResponseException as error:
            return _refused(error.smtp_code, "the message")
        except ssl.SSLError:
            return AttemptResult(
                False, "The mail server's TLS certificate is not trusted, or the handshake failed."
            )
        except (smtplib.SMTPException, OSError) as error:
            return AttemptResult(False, _no_response(error))
        return AttemptResult(True, "The mail server accepted the email.")

    @contextlib.contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """Return a signed-in connection, which is shut down when the time is over."""
        server, end = self._server, monotonic() + SECONDS
        if server.is_tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=SECONDS, context=self._tls()
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
        assert connection.sock is not None
        # Each operation has a timeout of its own, so a slow server could take longer in all.
        guard = Timer(max(0.1, end - monotonic()), _shut_down, (connection.sock,))
        guard.daemon = True
        guard.start()
        try:
            connection.ehlo()
            if not server.is_tls and (connection.has_extn("starttls") or not server.may_be_plain):
                connection.starttls(context=self._tls())
                connection.ehlo()
            if server.password is not None:
                connection.login(server.username, server.password.reveal())
            yield connection
            with contextlib.suppress(smtplib.SMTPException, OSError):
                connection.quit()
        finally:
            guard.cancel()
            connection.close()

    def _tls(self) -> ssl.SSLContext:
        import certifi

        context = ssl.create_default_context(cafile=certifi.where())
        if self._authorities is not None:
            context.load_verify_locations(self._authorities)
        return context


def _shut_down(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _refused(code: int, what: str) -> AttemptResult:
    again = " for now" if code < _PERMANENT else ""
    return AttemptResult(False, f"The mail server refused {what}{again} ({code}).")


def _no_response(error: Exception) -> str:
    if isinstance(error, TimeoutError | smtplib.SMTPServerDisconnected):
        return (
            f"The mail server closed the connection, or did not respond within {SECONDS:.0f} "
            "seconds."
        )
    return "No connection to the mail server could be opened."
