"""Further hosts of an API: hosts besides the base URL's to which its responses lead clients.

The catalogue names them, with the JSON fields that lead there. A call to
`/proxy/{api_name}/~{host}/{path}` goes to that host, if it is one of the API's further hosts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from api.upstream.base_url import BaseUrl, parse_base_url

MARKER = "/~"
"""What stands before the host in a path."""

HOST = r"^(?:http://)?(?:[a-z0-9*-]+\.)*[a-z0-9-]+\.[a-z0-9-]+(?::[0-9]{1,5})?\Z"
"""The form of a host in the catalogue. The last two labels have no `*`."""


class FurtherHosts(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Hosts of an API, and the JSON fields of its responses that lead clients there.

    In `hosts`, `*` stands for one or more letters, digits, hyphens and dots; `http://` is only for
    hosts of the development allow-list. `credential` is true if the hosts need the API's
    credential; without it they get none. `clients` is a regular expression for the start of
    `User-Agent`: the clients that send their credential there. Others get the URLs unchanged.
    """

    fields: tuple[str, ...]
    hosts: tuple[str, ...] = ()
    credential: bool = False
    clients: str = ""

    def scheme_of(self, authority: str) -> str | None:
        """Return the scheme of a host (with its port unless it is 443), None for another host."""
        for host in self.hosts:
            if _pattern(host).fullmatch(authority):
                return "http" if host.startswith("http:") else "https"
        return None


class FurtherCall(msgspec.Struct, frozen=True):
    """A call to a further host: its `base`, and the `path` there. `main` is the key's base URL."""

    base: BaseUrl
    path: str
    credential: bool
    main: BaseUrl

    @property
    def segment(self) -> str:
        """Return the part of the proxy's path that leads to this host."""
        return MARKER + self.base.authority


def find_further_call(
    further: Sequence[FurtherHosts], path: str, main: BaseUrl, allowed: frozenset[str]
) -> FurtherCall | None:
    """Return the call to which a path below the API leads, None if it is one to the base URL.

    `allowed` is the development allow-list. Raises InvalidBaseUrl for a host that may not be
    called.
    """
    if not further or not path.startswith(MARKER):
        return None
    authority, slash, rest = path[len(MARKER) :].partition("/")
    for hosts in further:
        scheme = hosts.scheme_of(authority)
        if scheme is not None:
            base = parse_base_url(f"{scheme}://{authority}", allowed)
            return FurtherCall(base, slash + rest, hosts.credential, main)
    return None


@lru_cache(maxsize=256)
def _pattern(host: str) -> re.Pattern[str]:
    literal = host.removeprefix("http://")
    return re.compile(re.escape(literal).replace(r"\*", "[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"))
