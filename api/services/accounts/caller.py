"""Who signs in or confirms: the facts of the request that sign-in and second factors need."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from api.raw_request import RawRequest
from api.services.second_factor.relying_party import RelyingParty, relying_party


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
