"""The shapes of providers' error bodies, so that the proxy's own problems fit each official SDK.

A problem of a proxied call gets the members of its API's shape in addition to its own. They follow
the providers' documentation and the sources of their SDKs (docs/sdks.md). Imported only when a
problem is sent, never by a successful call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import msgspec

# Placeholders in a shape's members and header fields.
MESSAGE, STATUS, CODE, REQUEST_ID = "{message}", "{status}", "{code}", "{request_id}"
WORD = "{word}"
NULL = msgspec.Raw(b"null")
"""A member that is null. One that is None is left out."""
RETRY_AFTER, RETRY_SECONDS, RESET = "{retry_after}", "{retry_after}s", "{reset}"


class ErrorShape(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The error body of a provider.

    `hosts` are the hosts of its API; one that begins with a dot stands for all names below it.
    `members` is the whole body, with placeholders; `problem_members` are further ones of a problem.
    A member that needs a `Retry-After` is left out without one. `words` are the provider's word for
    a status; the one of 400 or 500 also stands for other 4xx and 5xx.

    If a problem has a member of the same name, its value stays, except that objects are merged. The
    names in `replaces` are the exceptions that the SDK needs, and those in `omits` are not sent.
    `limit_headers` are the fields of a 429 from which the SDK reads how long to wait. `json_only`:
    the SDK reads only `application/json`, or the body is not a problem document any more.

    `ok_clients` is a pattern for the `User-Agent` of clients that repeat a call for minutes unless
    its status is 200 or 429. They get other 4xx problems with status 200, like the provider's own
    errors.

    `spend_status` is the status of a problem of the user's budgets: 429 where the provider or its
    SDK knows no 402, or takes it for something else. `spend_members` are further members of these
    problems, which replace others.
    """

    slugs: tuple[str, ...]
    hosts: tuple[str, ...]
    members: Mapping[str, Any]
    problem_members: Mapping[str, Any] = {}
    words: Mapping[int, Any] = {}
    replaces: frozenset[str] = frozenset()
    omits: frozenset[str] = frozenset()
    headers: tuple[tuple[str, str], ...] = ()
    limit_headers: tuple[tuple[str, str], ...] = ()
    json_only: bool = False
    ok_clients: str = ""
    spend_status: Literal[402, 429] = 402
    spend_members: Mapping[str, Any] = {}

    @cached_property
    def suffixes(self) -> tuple[str, ...]:
        """The ends of the names of hosts below a domain."""
        return tuple(host for host in self.hosts if host.startswith("."))

    def has_host(self, host: str) -> bool:
        """Return whether this is the error body of the API at `host` (a name without port)."""
        return host in self.hosts or bool(self.suffixes and host.endswith(self.suffixes))

    def sent_status(self, status: int, user_agent: str) -> int:
        """Return the status that a client gets for a problem's status."""
        if not self.ok_clients or not 400 <= status < 500 or status == 429:
            return status
        return 200 if re.match(self.ok_clients, user_agent) else status

    def word(self, status: int) -> Any:
        """Return the provider's word for a status. Without one for 402, 403 is the closest."""
        if status == 402 and status not in self.words and 403 in self.words:
            return self.words[403]
        return self.words.get(status, self.words.get(500 if status >= 500 else 400))


class ErrorFacts(msgspec.Struct, frozen=True):
    """What a shape's placeholders stand for. `retry_after` is in seconds, `now` epoch seconds.

    `is_spend` is whether a budget of the user refused the call.
    """

    status: int
    code: str
    message: str
    request_id: str
    retry_after: int | None
    now: float
    is_spend: bool = False


def shaped_document(
    document: dict[str, Any], shape: ErrorShape, facts: ErrorFacts
) -> dict[str, Any]:
    """Return the problem document with the members of the shape added."""
    shaped = {name: value for name, value in document.items() if name not in shape.omits}
    extra = _filled_members(shape.problem_members, shape, facts)
    for name, value in (error_body(shape, facts) | extra).items():
        own = shaped.get(name)
        if isinstance(own, dict) and isinstance(value, dict):
            shaped[name] = own | value
        elif name not in shaped or name in shape.replaces:
            shaped[name] = value
    if facts.is_spend:
        for name, value in _filled_members(shape.spend_members, shape, facts).items():
            own = shaped.get(name)
            are_objects = isinstance(own, dict) and isinstance(value, dict)
            shaped[name] = own | value if are_objects else value
    return shaped


def error_body(shape: ErrorShape, facts: ErrorFacts) -> dict[str, Any]:
    """Return the provider's own error body."""
    return _filled_members(shape.members, shape, facts)


def shaped_headers(shape: ErrorShape, facts: ErrorFacts) -> list[tuple[str, str]]:
    """Return the header fields that the provider's SDK expects of an error."""
    fields = [*shape.headers, *(shape.limit_headers if facts.status == 429 else ())]
    filled = [(name, _filled(value, shape, facts)) for name, value in fields]
    return [(name, str(value)) for name, value in filled if value is not None]


def _filled_members(
    members: Mapping[str, Any], shape: ErrorShape, facts: ErrorFacts
) -> dict[str, Any]:
    filled = {name: _filled(member, shape, facts) for name, member in members.items()}
    return {name: value for name, value in filled.items() if value is not None}


def _filled(member: Any, shape: ErrorShape, facts: ErrorFacts) -> Any:
    """Return a member with its placeholders replaced, None if it needs a missing Retry-After."""
    if isinstance(member, dict):
        kept = _filled_members(member, shape, facts)
        needed = {name for name in member if not name.startswith("@")}
        return kept if needed & set(kept) or not member else None
    if isinstance(member, list):
        items = [_filled(item, shape, facts) for item in member]
        return [item for item in items if item is not None]
    if not isinstance(member, str) or not member.startswith("{"):
        return member
    wait = facts.retry_after
    return {
        MESSAGE: facts.message,
        STATUS: facts.status,
        CODE: facts.code,
        REQUEST_ID: facts.request_id,
        WORD: shape.word(facts.status),
        RETRY_AFTER: wait,
        RETRY_SECONDS: None if wait is None else f"{wait}s",
        RESET: None if wait is None else int(facts.now) + wait,
    }[member]


def find_shape(
    shapes: Sequence[ErrorShape], provider: str, host: str, api_name: str = ""
) -> ErrorShape | None:
    """Return the shape of a provider (a slug of the catalogue), or of the API at `host`, or None.

    Without a provider, an API that is named like a slug is taken for it.
    """
    for matches in (
        lambda shape: provider in shape.slugs,
        lambda shape: bool(host) and shape.has_host(host),
        lambda shape: not provider and api_name in shape.slugs,
    ):
        found = next(filter(matches, shapes), None)
        if found is not None:
            return found
    return None
