"""A strict parser of one HTTP/1.1 response: httptools (llhttp) with limits and fewer leniencies."""

from __future__ import annotations

import httptools

from api.http.errors import MalformedResponse, PeerClosed

MAX_HEAD_BYTES = 65_536
MAX_HEADER_FIELDS = 256
# Bytes that are read from a socket at once.
READ_SIZE = 65_536


class ResponseParser:
    """Receives llhttp's callbacks for one response. Interim (1xx) responses are skipped.

    Bytes behind a complete response end the connection, not the response.
    """

    __slots__ = (
        "_chunked",
        "_feed",
        "_head",
        "_head_method",
        "_overhead",
        "_parser",
        "_refused",
        "_repaired",
        "_upgrades",
        "body",
        "complete",
        "framed",
        "head_done",
        "headers",
        "keep_alive",
        "rest",
        "started",
        "status",
    )

    def __init__(self, method: str, upgrades: bool = False) -> None:
        self.headers: list[tuple[str, str]] = []
        self.body: list[bytes] = []
        self.status = 0
        self.started = False
        self.head_done = False
        self.complete = False
        self.keep_alive = False
        self.framed = False
        self.rest = b""
        self._upgrades = upgrades
        self._chunked = False
        self._overhead = 0
        self._head_method = method == "HEAD"
        self._head: list[bytes] = []
        self._refused = False
        self._repaired = False
        self._start()

    def _start(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        # Some servers pad the size of a chunk with blanks.
        self._parser.set_dangerous_leniencies(lenient_spaces_after_chunk_size=True)
        self._feed = self._parser.feed_data

    def feed(self, data: bytes) -> None:
        self.started = True
        if self.complete:
            self.keep_alive = False
            return
        # Trailers and chunk extensions count too: everything except the body is limited.
        self._overhead += len(data)
        if self._overhead > MAX_HEAD_BYTES + READ_SIZE:
            raise MalformedResponse("response head or trailer too large")
        if not self.head_done:
            self._head.append(data)
        if self._refused:
            self._repair()
        else:
            self._parse(data)

    def _parse(self, data: bytes) -> None:
        try:
            self._feed(data)
        except httptools.HttpParserUpgrade as error:
            if not self.complete:
                raise MalformedResponse("unrequested protocol upgrade") from error
            self.keep_alive = False
            self.rest = data[error.args[0] :]
        except httptools.HttpParserError as error:
            if self.complete:
                self.keep_alive = False
            elif self.head_done or self._repaired:
                cause = error.__context__
                if isinstance(cause, MalformedResponse):
                    raise cause from None
                raise MalformedResponse(type(error).__name__) from error
            else:
                self._repair()

    def _repair(self) -> None:
        """Read the head again as head_repair.py does, when all of it has arrived."""
        from api.http.head_repair import repaired

        self._refused = True
        data = b"".join(self._head)
        self._head = [data]
        response = repaired(data)
        if response is None:
            return
        self.headers = []
        self.framed = self._chunked = self._refused = False
        self._repaired = True
        self._start()
        self._parse(response)

    def on_message_begin(self) -> None:
        if self.complete:
            raise MalformedResponse("more than one response")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.head_done:
            return  # a trailer field must not be merged into the header (RFC 9110 6.5.1)
        if len(self.headers) >= MAX_HEADER_FIELDS:
            raise MalformedResponse("too many header fields")
        text = name.decode("latin-1")
        if len(name) == 14 and text.lower() == "content-length":
            self.framed = True
        elif len(name) == 17 and text.lower() == "transfer-encoding":
            if self._chunked or value.strip().lower() != b"chunked":
                raise MalformedResponse("unrequested transfer coding")
            self._chunked = self.framed = True
        self.headers.append((text, value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        if self.status < 100:
            raise MalformedResponse("status out of range")
        if self.status < 200 and not (self._upgrades and self.status == 101):
            return
        self.head_done = True
        self._head = []
        self.keep_alive = self._parser.should_keep_alive() and not self._repaired
        if self._head_method or self.status in (101, 204, 304):
            self.complete = True
            if self.framed:
                # If the announced body follows anyway, it must not be read as the next response.
                self.keep_alive = False

    def on_body(self, data: bytes) -> None:
        if self.complete:
            self.keep_alive = False
        else:
            self._overhead = 0
            self.body.append(data)

    def on_message_complete(self) -> None:
        if not self.head_done:
            self.headers = []
            self.framed = self._chunked = False
            return
        self.complete = True

    def end_of_input(self) -> None:
        """Handle the end of input, which completes a body without a length.

        Raises PeerClosed for a truncated message.
        """
        self.keep_alive = False
        if self.head_done and not self.framed:
            self.complete = True
        elif not self.complete:
            raise PeerClosed("connection closed early", started=self.started)
