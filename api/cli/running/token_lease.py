"""The token of a command: created before it starts, extended while it runs, revoked at its end.

The token expires soon unless it is extended. So a killed CLI leaves no token that works for long.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from api.cli.client import ApiClient
from api.cli.durations import format_duration
from api.cli.errors import CliError, ProblemError
from api.cli.http import open_http, send
from api.cli.running.child import pending_signal

# Seconds until the token expires if it is not extended, and between two extensions.
LIFETIME = 600
_EXTEND_EVERY = 180
# Two clocks are read often: the monotonic clock may stand still while the machine sleeps, and the
# other can be set back.
_TICK = 5.0
# Seconds that the CLI waits for the server at the end.
_LAST_CALLS = 20.0
# Entries of the request log that are counted at the end.
_MOST_COUNTED = 1000

_Result = TypeVar("_Result")


class TokenLease:
    """A personal access token for one command. Times are in epoch seconds."""

    def __init__(
        self,
        client: ApiClient,
        name: str,
        apis: Sequence[str],
        limit: tuple[int, int] | None = None,
        expires: int | None = None,
        clock: Callable[[], float] = time.time,
        uptime: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create the token. `limit` is requests and seconds, `expires` the longest lifetime.

        Raises CliError.
        """
        self._client = client
        self._clock = clock
        self._uptime = uptime
        self._ended = threading.Event()
        self._problem: str | None = None
        self._started_at = clock()
        self._last_expiry = None if expires is None else self._started_at + expires
        body: dict[str, Any] = {
            "name": name,
            "apis": list(apis),
            "expires_in": self._expires_in(),
        }
        if limit is not None:
            body["limit"], body["window"] = limit
        created = client.call("POST", "/api/tokens", body)
        self.token: str = created["token"]
        self.token_id: str = created["token_id"]
        self._expires_at: float = created["expires_at"]
        self._limited = limit is not None

    def extend_while_running(self) -> None:
        """Start the thread that extends the token."""
        threading.Thread(target=self._keep, name="token", daemon=True).start()

    def extend(self) -> bool:
        """Extend the token. Return false if that is no longer possible or needed."""
        seconds = self._expires_in()
        if seconds < 1:
            return False
        try:
            changed = self._client.call(
                "PATCH", f"/api/tokens/{self.token_id}", {"expires_in": seconds}
            )
        except ProblemError as error:
            if error.code == "token_not_found":
                self._problem = "the token was revoked, or deleted after it had expired"
                return False
            self._problem = error.message
        except CliError as error:
            self._problem = error.message
        else:
            self._expires_at = changed["expires_at"]
            self._problem = None
        return True

    def end(self) -> list[str]:
        """Revoke the token. Return sentences for people: what was used, and what failed."""
        self._ended.set()
        usage = _within(_LAST_CALLS, self._usage)
        outcome = _within(_LAST_CALLS, self._revoke)
        if outcome is None:
            outcome = self._not_revoked(f"{self._client.url} does not respond")
        sentences = [outcome if usage is None else f"{usage} {outcome}"]
        if self._problem is not None:
            sentences.append(f"The token could not be extended during the run: {self._problem}.")
        return sentences

    def _keep(self) -> None:
        clocks = (self._clock, self._uptime)
        last = [clock() for clock in clocks]
        while not self._ended.wait(_TICK):
            passed = [clock() - before for clock, before in zip(clocks, last, strict=True)]
            # While the server is away, try again at each tick.
            if self._problem is None and max(passed) < _EXTEND_EVERY:
                continue
            try:
                is_valid = self.extend()
            except RuntimeError:  # The command has ended, and the client is closed.
                return
            if not is_valid:
                return
            last = [clock() for clock in clocks]

    def _expires_in(self) -> int:
        """Return the seconds until the token should expire."""
        if self._last_expiry is None:
            return LIFETIME
        return min(LIFETIME, int(self._last_expiry - self._clock()))

    def _revoke(self) -> str:
        try:
            self._client.call("DELETE", f"/api/tokens/{self.token_id}")
        except ProblemError as error:
            if error.code != "token_not_found":
                return self._not_revoked(error.message)
            return "The token was already revoked."
        except CliError as error:
            return self._not_revoked(error.message)
        return "The token is revoked."

    def _not_revoked(self, reason: str) -> str:
        rest = self._expires_at - self._clock()
        when = f"in {format_duration(rest)}" if rest >= 1 else "now"
        return (
            f"The token {self.token_id} could not be revoked ({reason.rstrip('.')}). It expires by "
            f"itself {when}; `api-dashboard tokens revoke {self.token_id}` revokes it at once."
        )

    def _usage(self) -> str | None:
        """Return in a sentence what was used, or None if the server does not say."""
        parts = [self._requests_made, self._limit_left] if self._limited else [self._requests_made]
        found = []
        for part in parts:
            # An older server may not have the endpoint.
            with contextlib.suppress(CliError, KeyError, TypeError):
                found.append(part())
        return f"{', '.join(found)}." if found else None

    def _requests_made(self) -> str:
        query = {
            "token_id": self.token_id,
            "start": int(self._started_at) - 60,
            "limit": _MOST_COUNTED,
        }
        page = self._client.call("GET", "/api/requests", query=query)
        counts: dict[str, int] = {}
        for entry in page["items"]:
            counts[entry["api_name"]] = counts.get(entry["api_name"], 0) + 1
        total = sum(counts.values())
        failed = sum(1 for entry in page["items"] if entry["status"] >= 400)
        if not total:
            return "No requests"
        text = f"{total:,}{' or more' if page['next_cursor'] else ''} request"
        text += "" if total == 1 else "s"
        names = sorted(counts)
        text += f" to {names[0]}" if len(names) == 1 else _by_api(counts)
        return text + (f", {failed:,} failed" if failed else "")

    def _limit_left(self) -> str:
        transport = open_http(self._client.url, self._client.ca_file)
        own = send(transport, "GET", "/api/token", access_token=self.token)
        text = f"{own['remaining']:,} of {own['limit']:,} left"
        return f"{text}, reset in {format_duration(own['reset_in'])}"


def _by_api(counts: dict[str, int]) -> str:
    return f" ({', '.join(f'{name} {counts[name]:,}' for name in sorted(counts))})"


def _within(seconds: float, task: Callable[[], _Result]) -> _Result | None:
    """Return what a task returns, or None if it takes too long or a signal asks for an end."""
    results: list[_Result] = []

    def run() -> None:
        # The client is closed if nobody waits for the task any more.
        with contextlib.suppress(Exception):
            results.append(task())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ends_at = time.monotonic() + seconds
    while thread.is_alive() and time.monotonic() < ends_at:
        thread.join(0.05)
        if thread.is_alive() and pending_signal() is not None:
            break
    return results[0] if results else None
