"""Validate the fields of a key: base URL, auth scheme, secret and description."""

from __future__ import annotations

import re

from api.credentials import AuthScheme, InvalidAuth, check_auth, check_secret
from api.errors import Problem
from api.logs import log_event
from api.secret import Secret
from api.storage.keys import StoredKey
from api.upstream.base_url import BaseUrl, InvalidBaseUrl, parse_base_url
from api.upstream.resolver import (
    BlockedAddress,
    ResolveFailed,
    Resolver,
    ResolveTimeout,
    resolve_public,
)

_RESOLVE_SECONDS = 3.0


class BaseUrlValidator:
    """Validate base URLs. `allowed` is the development allow-list (S6)."""

    def __init__(self, resolver: Resolver, allowed: frozenset[str]) -> None:
        self._resolver = resolver
        self._allowed = allowed

    def stored(self, key: StoredKey) -> BaseUrl:
        """Parse the base URL of a stored key, even if it is no longer allowed."""
        return parse_base_url(key.base_url, self._allowed | {_host_and_port(key)}, True)

    def validate(self, username: str, text: str, auth: AuthScheme, *, resolve: bool) -> BaseUrl:
        """Parse and check a base URL that a user entered; `resolve` checks its addresses too.

        Raises Problem(upstream_not_allowed) and Problem(invalid_field).
        """
        in_path = auth.scheme == "path"
        try:
            base = parse_base_url(text, self._allowed, placeholder=in_path)
        except InvalidBaseUrl as error:
            log_event("target_refused", level="warning", user=username, reason=error.reason)
            raise Problem("upstream_not_allowed", error.reason, field="base_url") from error
        if in_path and (
            base.placeholder is None or (auth.name is not None and base.placeholder != auth.name)
        ):
            raise Problem(
                "invalid_field",
                "The path scheme needs a placeholder in the base URL, such as /bot{token}.",
                field="base_url",
            )
        if resolve:
            self._check_addresses(username, base)
        return base

    def _check_addresses(self, username: str, base: BaseUrl) -> None:
        allowed = base.host_and_port in self._allowed
        try:
            resolve_public(self._resolver, base, allowed, _RESOLVE_SECONDS)
        except BlockedAddress as error:
            log_event(
                "target_refused",
                level="warning",
                user=username,
                host=error.host,
                reason=error.reason,
            )
            raise Problem(
                "upstream_not_allowed",
                f"{error.host} has an address that may not be called ({error.reason}).",
                field="base_url",
            ) from error
        except (ResolveFailed, ResolveTimeout):
            # Addresses are checked at each call, so a name that cannot be resolved now is accepted.
            return


def _host_and_port(key: StoredKey) -> str:
    match = re.match(r"(https?)://([^/]*)", key.base_url)
    assert match is not None
    authority = match[2]
    if re.search(r":\d+$", authority):
        return authority
    return f"{authority}:{443 if match[1] == 'https' else 80}"


def default_api_name(host: str) -> str:
    """Return an API name made from a host."""
    name = re.sub(r"[^a-z0-9]+", "-", host.removeprefix("api.")).strip("-")
    return name[:48] or "api"


def check_description(text: str) -> str:
    """Return the description. Raises Problem(invalid_field) for control characters."""
    if any(ord(character) < 32 and character not in "\n\t" for character in text):
        raise Problem(
            "invalid_field",
            "The description must not contain control characters.",
            field="description",
        )
    return text


def normalise_auth(auth: AuthScheme) -> AuthScheme:
    """Return `auth` with only the members that its scheme uses. Raises Problem(invalid_field)."""
    try:
        return check_auth(auth)
    except InvalidAuth as error:
        raise Problem("invalid_field", error.reason, field=f"auth.{error.field}") from error


def require_sendable(secret: Secret, auth: AuthScheme) -> None:
    """Raise Problem(invalid_field) for a secret that `auth` cannot send."""
    try:
        check_secret(secret.reveal(), auth)
    except InvalidAuth as error:
        raise Problem("invalid_field", error.reason, field="secret") from error
