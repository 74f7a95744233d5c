"""Sends emails by the operator's mail server (SMTP)."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterator
from time import monotonic

from api.mail_settings import SmtpServer
from api.notifications.messages import Message, email_message
from api.notifications.results import SECONDS, AttemptResult

_PERMANENT = 500
_READ_SIZE = 4096


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
        server = self._server
        connection = _TimedSmtp(self._tls() if server.is_tls else None)
        try:
            connection.connect(server.host, server.port)
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
            connection.close()

    def _tls(self) -> ssl.SSLContext:
        import certifi

        context = ssl.create_default_context(cafile=certifi.where())
        if self._authorities is not None:
            context.load_verify_locations(self._authorities)
        return context


class _TimedSmtp(smtplib.SMTP):
    """A connection that ends after SECONDS, with TLS from the start if there is a `context`.

    A timeout of smtplib is for one operation, so a slow server could take longer in all. No thread
    watches the time: in the server's processes, threads are greenlets.
    """

    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__(timeout=SECONDS)
        self._context = context
        self._end = monotonic() + SECONDS

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        self._host = host  # which `starttls` verifies, and which only the base's constructor sets
        plain = socket.create_connection((host, port), timeout)
        if self._context is None:
            return plain
        return self._context.wrap_socket(plain, server_hostname=host)

    def getreply(self) -> tuple[int, bytes]:
        """Read a response until the end of the time. Raises SMTPServerDisconnected."""
        if self.file is None and self.sock is not None:
            self.file = _TimedReader(self.sock, self._end)
        return super().getreply()


class _TimedReader:
    """Reads lines from a socket until `end`, a time of `time.monotonic()`."""

    def __init__(self, sock: socket.socket, end: float) -> None:
        self._sock = sock
        self._end = end
        self._rest = b""

    def readline(self, limit: int) -> bytes:
        """Return the next line, or what there is of it at the end. Raises TimeoutError."""
        while b"\n" not in self._rest and len(self._rest) < limit:
            remaining = self._end - monotonic()
            if remaining <= 0:
                raise TimeoutError
            self._sock.settimeout(remaining)
            data = self._sock.recv(_READ_SIZE)
            if not data:
                break
            self._rest += data
        size = min(limit, self._rest.find(b"\n") + 1 or len(self._rest))
        line, self._rest = self._rest[:size], self._rest[size:]
        return line

    def close(self) -> None:
        """Do nothing: the connection closes the socket."""


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
