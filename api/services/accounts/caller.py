"""Who signs in or confirms: the facts of the request that sign-in and second factors need."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from api.raw_request import RawRequest
from api.services.second_factor.relying_party import RelyingParty, relying_party


class Place(msgspec.Struct, frozen=True):
    """Where an attempt comes from. `is_known` is whether the user has signed in from its network.

    `device` identifies a browser in which the user has signed in, or a session.
    """

    is_known: bool
    device: str | None

    @property
    def is_new(self) -> bool:
        """Whether neither the network nor the browser is known."""
        return not self.is_known and self.device is None


class Caller(msgspec.Struct, frozen=True):
    """A request. `device_cookie` returns the value of a user's device cookie, None without one."""

    raw_request: RawRequest
    public_url: str | None
    device_cookie: Callable[[str], str | None]

    @property
    def source(self) -> str:
        """The client's address."""
        return self.raw_request.source

    @property
    def user_agent(self) -> str:
        """The client's User-Agent, empty without one."""
        return self.raw_request.header("user-agent") or ""

    def relying_party(self) -> RelyingParty:
        """Return the relying party. Raises Problem(passkeys_unavailable)."""
        return relying_party(self.public_url, self.raw_request)
