"""Each operation of a connection has its own time limit, which progress starts again."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence
from math import inf

import pytest

from api.http import connection as connection_module
from api.http import timeouts as timeouts_module
from api.http.connection import Connection, Watched
from api.http.errors import CallerGone, ConnectTimeout, PeerClosed, TransportTimeout
from api.http.timeouts import Timeouts
from api.http.waiting import READ
from tests.support.products import Clock

LIMITS = Timeouts(connect=1, send=10, first_byte=20, idle=30, stream=100)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"

# An event of the peer: the seconds until it, and what arrives (bytes), is taken (a number), or an
# error.
Event = tuple[float, bytes | int | type[Exception]]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of connections."""
    made = Clock(1_000.0)
    monkeypatch.setattr(timeouts_module, "monotonic", made)
    monkeypatch.setattr(connection_module, "monotonic", made)
    return made


class ScriptedSocket:
    """A socket whose peer does what a script says."""

    def __init__(self, events: Sequence[Event], room: int = 0) -> None:
        self.events = list(events)
        self.arrived: list[bytes | type[Exception]] = []
        self.room = room
        self.sent = b""
        self.blocked: type[Exception] | None = ssl.SSLWantWriteError

    def setblocking(self, _blocking: bool) -> None: ...

    def fileno(self) -> int:
        return 0  # any open descriptor

    def close(self) -> None: ...

    def recv(self, _size: int) -> bytes:
        if not self.arrived:
            raise BlockingIOError
        event = self.arrived.pop(0)
        if isinstance(event, bytes):
            return event
        raise event

    def send(self, data: bytes) -> int:
        if self.room == 0 and self.blocked is not None:
            raise self.blocked
        count = min(self.room, len(data))
        self.sent += bytes(data[:count])
        self.room -= count
        return count


class ScriptedConnection(Connection):
    """A connection that waits by moving the clock to the peer's next event.

    With `is_late`, the system does not report that the peer has taken something.
    """

    def __init__(self, sock: ScriptedSocket, clock: Clock, is_late: bool = False) -> None:
        super().__init__(sock, ())  # type: ignore[arg-type]
        self.script = sock
        self.clock = clock
        self.is_late = is_late
        self.waits: list[tuple[int, float]] = []

    def _wait(self, event: int, deadline: float, caller: Watched | None) -> None:
        self.waits.append((event, deadline - self.clock.now))
        if caller is not None:
            raise CallerGone("gone")
        while self.script.events:
            seconds, happening = self.script.events[0]
            if self.clock.now + seconds > deadline:
                self.script.events[0] = (self.clock.now + seconds - deadline, happening)
                break
            self.clock.now += seconds
            self.script.events.pop(0)
            if isinstance(happening, int):
                self.script.room += happening
                if not self.is_late:
                    return
            else:
                self.script.arrived.append(happening)
                if event & READ:
                    return
        self.clock.now = max(self.clock.now, deadline)
        raise TransportTimeout("deadline passed")


Scripted = Callable[..., ScriptedConnection]


@pytest.fixture
def scripted(clock: Clock) -> Scripted:
    """Return a connection whose peer does what a script says."""

    def make(*events: Event, room: int = 0, is_late: bool = False) -> ScriptedConnection:
        made = ScriptedConnection(ScriptedSocket(events, room), clock, is_late)
        made.expect("POST")
        return made

    return make


def test_each_write_starts_the_limit_of_sending_again(scripted: Scripted, clock: Clock) -> None:
    connection = scripted(*[(9, 1)] * 70)

    assert connection.send(b"x" * 70, LIMITS)

    assert clock.now == 1630
    assert connection.script.sent == b"x" * 70


@pytest.mark.parametrize(
    "blocked", [BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError, None]
)
def test_sockets_report_in_different_ways_that_they_cannot_send(
    scripted: Scripted, blocked: type[Exception] | None
) -> None:
    """TLS sockets of gevent return 0."""
    connection = scripted((9, 1), (9, 2))
    connection.script.blocked = blocked

    assert connection.send(b"xyz", LIMITS)

    assert (connection.script.sent, len(connection.waits)) == (b"xyz", 2)


def test_a_peer_that_stops_reading_exceeds_the_limit_of_sending(
    scripted: Scripted, clock: Clock
) -> None:
    connection = scripted((9, 1), (10.1, 1))

    with pytest.raises(TransportTimeout) as error:
        connection.send(b"xyz", LIMITS)

    assert (error.value.limit, clock.now) == ("send", 1019)


def test_progress_counts_even_if_the_system_does_not_report_room(
    scripted: Scripted, clock: Clock
) -> None:
    """poll(2) reports room for writing only when a third of the buffer is free."""
    connection = scripted(*[(4, 1)] * 30, is_late=True)

    assert connection.send(b"x" * 30, LIMITS)

    assert clock.now >= 1100


@pytest.mark.parametrize(("status", "is_accepted"), [(401, False), (308, False), (200, True)])
def test_sending_stops_when_the_peer_refuses_the_request(
    scripted: Scripted, status: int, is_accepted: bool
) -> None:
    head = b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\nno" % status
    connection = scripted((5, head), (4, 3))

    assert connection.send(b"xyz", LIMITS) is is_accepted

    assert connection.read_head(LIMITS)[0] == status
    assert connection.read_body(LIMITS) == b"no"
    assert connection.reusable is is_accepted


def test_an_interim_response_does_not_stop_sending(scripted: Scripted) -> None:
    connection = scripted((5, b"HTTP/1.1 100 Continue\r\n\r\n"), (5, 3))

    assert connection.send(b"xyz", LIMITS)


def test_a_peer_that_closes_ends_sending(scripted: Scripted) -> None:
    with pytest.raises(PeerClosed):
        scripted((5, b"")).send(b"xyz", LIMITS)


def test_a_caller_that_disconnects_ends_sending(scripted: Scripted) -> None:
    with socket.socket() as caller, pytest.raises(CallerGone):
        scripted().send(b"xyz", LIMITS, caller=caller)


def test_the_head_has_one_limit_however_slowly_it_arrives(scripted: Scripted, clock: Clock) -> None:
    connection = scripted(*[(3, HEAD[at : at + 1]) for at in range(len(HEAD))])

    with pytest.raises(TransportTimeout) as error:
        connection.read_head(LIMITS)

    assert (error.value.limit, clock.now) == ("first_byte", 1020)


def test_each_piece_of_a_body_has_the_limit_of_a_pause(scripted: Scripted, clock: Clock) -> None:
    connection = scripted((19, HEAD), *[(29, b"x")] * 3, (31, b"x"))
    connection.read_head(LIMITS)
    assert [connection.read_body(LIMITS) for _ in range(3)] == [b"x"] * 3

    with pytest.raises(TransportTimeout) as error:
        connection.read_body(LIMITS)

    assert (error.value.limit, clock.now) == ("idle", 1000 + 19 + 3 * 29 + 30)


def test_bytes_without_content_are_no_progress(scripted: Scripted, clock: Clock) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection = scripted((1, head), (1, b"5;x="), *[(1, b"y")] * 50)
    connection.read_head(LIMITS)

    with pytest.raises(TransportTimeout):
        connection.read_body(LIMITS)

    assert clock.now == 1031


def test_a_whole_body_has_a_limit(scripted: Scripted, clock: Clock) -> None:
    connection = scripted((0, HEAD.replace(b"4", b"9000")), *[(10, b"x")] * 100)
    connection.read_head(LIMITS)
    limits = LIMITS.for_body()
    received = 0

    with pytest.raises(TransportTimeout) as error:
        while connection.read_body(limits):
            received += 1

    assert (error.value.limit, clock.now, received) == ("stream", 1100, 10)


def test_a_body_that_never_pauses_has_the_limit_too(scripted: Scripted, clock: Clock) -> None:
    connection = scripted((0, HEAD.replace(b"4", b"9000")))
    connection.read_head(LIMITS)
    limits = LIMITS.for_body()
    connection.script.arrived = [b"x"] * 9000
    clock.now += 100

    with pytest.raises(TransportTimeout) as error:
        connection.read_body(limits)

    assert error.value.limit == "stream"


def test_all_operations_end_at_an_overall_end(scripted: Scripted, clock: Clock) -> None:
    limits = Timeouts.overall(clock.now + 15)
    connection = scripted((5, 3), (9, HEAD), (20, b"x"))
    connection.send(b"xyz", limits)
    connection.read_head(limits)

    with pytest.raises(TransportTimeout) as error:
        connection.read_body(limits)

    assert (error.value.limit, clock.now) == ("total", 1015)


@pytest.mark.parametrize(
    ("limits", "limit", "kind"),
    [
        (LIMITS, "connect", ConnectTimeout),
        (LIMITS.until(1000.5), "total", ConnectTimeout),
        (LIMITS.until(1000.5, "stream"), "stream", ConnectTimeout),
    ],
)
def test_an_error_names_the_limit(
    clock: Clock, limits: Timeouts, limit: str, kind: type[TransportTimeout]
) -> None:
    error = limits.exceeded("connect", limits.deadline(limits.connect))

    assert (error.limit, type(error)) == (limit, kind)


def test_an_earlier_end_wins(clock: Clock) -> None:
    assert LIMITS.until(2000).until(1500).end == 1500
    assert LIMITS.until(1500).until(2000).end == 1500
    assert LIMITS.until(1500).postponed(60).end == 1560
    assert LIMITS.postponed(60).end == inf
    assert LIMITS.until(1050).for_body() == LIMITS.until(1050)
    assert LIMITS.for_body() == LIMITS.until(1100, "stream")


@pytest.mark.parametrize(("waited", "left"), [(0, 20), (5, 15), (25, 0)])
def test_a_second_attempt_waits_for_what_is_left(waited: float, left: float) -> None:
    assert LIMITS.after_waiting(waited).first_byte == left
    assert LIMITS.after_waiting(waited).idle == LIMITS.idle
