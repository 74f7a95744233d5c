"""Read and check a catalogue file."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from api.credentials import AuthScheme, InvalidAuth, check_auth, check_extra_headers
from api.errors import SettingError
from api.quota.dialects import dialect_names
from api.services.keys.data_file import invalid_field, read_entries
from api.services.keys.provider import Provider

# Clearer names that a file may use for a field, and the names in the built-in file.
ALIASES = {
    "rate_limit_dialect": "rate_limit",
    "credential_locations": "accepts",
    "url_fields": "links",
}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class CatalogueError(SettingError):
    """A catalogue file is not valid. The text is a sentence that names file, entry and field."""


def read_catalogue(path: Path) -> tuple[Provider, ...]:
    """Return the providers in a catalogue file. Raises CatalogueError."""
    return read_entries(path, "catalogue file", "slug", _read_provider, CatalogueError)


def _read_provider(raw: msgspec.Raw) -> Provider:
    """Decode and check an entry. An error names a field as the file does."""
    members = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    used = [alias for alias in ALIASES if alias in members]
    for alias in used:
        name = ALIASES[alias]
        if name in members:
            raise invalid_field(f"Give either `{name}` or `{alias}`", alias)
        members[name] = members.pop(alias)
    try:
        return _check_provider(msgspec.json.decode(msgspec.json.encode(members), type=Provider))
    except msgspec.ValidationError as error:
        text = str(error)
        for alias in used:
            text = text.replace(f"`$.{ALIASES[alias]}", f"`$.{alias}")
        raise msgspec.ValidationError(text) from error


def _check_provider(provider: Provider) -> Provider:
    """Return `provider` with its auth normalised. Raises ValidationError in msgspec's format."""
    if (provider.base_url is None) == (provider.base_url_example is None):
        raise invalid_field("Give either `base_url` or `base_url_example`", "base_url")
    if provider.rate_limit_dialect not in dialect_names():
        raise invalid_field(f"Unknown dialect {provider.rate_limit_dialect!r}", "rate_limit")
    if provider.key_pattern is not None:
        try:
            re.compile(provider.key_pattern)
        except re.error as error:
            raise invalid_field(f"Not a regular expression ({error})", "key_pattern") from error
    for position, hosts in enumerate(provider.further_hosts):
        try:
            re.compile(hosts.clients)
        except re.error as error:
            raise invalid_field(
                f"Not a regular expression ({error})", f"further_hosts[{position}].clients"
            ) from error
    for sdk in provider.sdks:
        if "{token}" not in sdk.setup or not any(
            placeholder in sdk.setup for placeholder in ("{base_url}", "{api_url}", "{root_host}")
        ):
            raise invalid_field(
                "Needs {token}, and {base_url}, {api_url} or {root_host}", "sdks[...].setup"
            )
    try:
        auth = _normalise_auth(provider.auth)
    except InvalidAuth as error:
        raise invalid_field(error.reason.rstrip("."), f"auth.{error.field}") from error
    try:
        check_extra_headers([header.name for header in provider.extra_headers], auth)
    except InvalidAuth as error:
        raise invalid_field(
            error.reason.rstrip("."), f"extra_headers[{error.field}].name"
        ) from error
    placeholders = _PLACEHOLDER.findall(provider.base_url or provider.base_url_example or "")
    if auth.scheme == "path" and placeholders != [auth.name]:
        raise invalid_field("The base URL must contain the scheme's placeholder once", "base_url")
    if auth.scheme != "path" and placeholders:
        raise invalid_field("Only the path scheme has a placeholder in the base URL", "base_url")
    return msgspec.structs.replace(provider, auth=auth)


def _normalise_auth(auth: AuthScheme) -> AuthScheme:
    if auth.scheme == "basic" and auth.username is None and auth.password is msgspec.UNSET:
        return AuthScheme("basic")
    return check_auth(auth)
