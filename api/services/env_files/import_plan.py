"""Decide what an import does with each line of a `.env` file, and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from api.credentials import InvalidAuth, check_secret
from api.schemas.env_files import EnvLine, EnvPlan
from api.secret import Secret, hint
from api.services.env_files.base_urls import (
    BaseUrlIndex,
    BaseUrlLine,
    base_url_levels,
    is_same_site,
)
from api.services.env_files.provider_matching import ProviderMatcher, non_key_reason, same_family
from api.services.env_files.syntax import Line, parse_env
from api.services.keys.catalogue import Catalogue
from api.services.keys.provider import Provider
from api.services.token_codec import PREFIX
from api.storage.keys import StoredKey
from api.upstream.base_url import InvalidBaseUrl, parse_base_url

FOREIGN_HOST = "It is a key for a host that is not the provider's"
UNKNOWN = "It is not recognised."
NEEDS_QUOTES = (
    "The value contains a space, a quote or a semicolon: if it belongs to the key, put the value"
    " in quotes."
)
_NEEDS_QUOTES = re.compile(r"[\s\"'`;]")

FindApis = Callable[[Secret], list[str]]
KeysByApi = Mapping[str, Sequence[StoredKey]]


class PlannedLine(msgspec.Struct, frozen=True):
    """What an import does with one line. `base_url` is None for the base URL of the catalogue."""

    line: Line
    action: Literal["import", "keep", "duplicate", "refuse"]
    reason: str
    provider: Provider | None = None
    base_url: str | None = None


class ImportPlanner:
    """Plan the import of `.env` files."""

    def __init__(self, catalogue: Catalogue, matcher: ProviderMatcher) -> None:
        self._catalogue = catalogue
        self._matcher = matcher

    def plan(self, content: str, find_apis: FindApis, stored: KeysByApi) -> list[PlannedLine]:
        """Plan every statement of a file.

        `find_apis` returns the API names whose pools already contain a value, `stored` has the
        stored keys by API name.

        Raises Problem(invalid_field).
        """
        lines = parse_env(content)
        base_urls = BaseUrlIndex(lines)
        planned = [self._plan_line(line, base_urls) for line in lines]
        last_numbers = {
            entry.line.name: entry.line.number for entry in planned if entry.action == "import"
        }
        seen: dict[tuple[str, str], int] = {}
        unique = [_mark_duplicate(entry, last_numbers, seen, find_apis) for entry in planned]
        return [_check_pool(entry, stored) for entry in unique]

    def _plan_line(self, line: Line, base_urls: BaseUrlIndex) -> PlannedLine:
        if line.name is not None and self._matcher.by_shape(line.name):
            nameless = msgspec.structs.replace(line, name=None, value=None)
            return PlannedLine(nameless, "refuse", "There is a key where a variable name belongs.")
        if line.error is not None:
            return PlannedLine(line, "refuse", line.error)
        if line.name is None or line.value is None:
            return PlannedLine(line, "keep", self._comment_reason(line))
        value = line.value.reveal()
        reason = non_key_reason(value)
        if reason is None:
            return self._match_provider(line, line.name, value, base_urls)
        is_key_name = value.startswith(PREFIX) or self._matcher.by_name(line.name) is not None
        return PlannedLine(line, "keep", reason if is_key_name else UNKNOWN)

    def _match_provider(
        self, line: Line, name: str, value: str, base_urls: BaseUrlIndex
    ) -> PlannedLine:
        """Find the provider that a value is a key of, if there is one."""
        candidates = self._matcher.candidates(name, value)
        if not candidates:
            owner = self._matcher.base_url_owner(name)
            return PlannedLine(
                line, "keep", UNKNOWN if owner is None else f"It is a base URL of {owner.name}."
            )
        provider = candidates[0]
        by_name = self._matcher.by_name(name)
        by_shape = self._matcher.by_shape(value)
        shape_names = " or ".join(candidate.name for candidate in by_shape)
        if by_name is None and len(by_shape) > 1:
            reason = f"It may be a key of {shape_names}: name the variable after the provider."
            return PlannedLine(line, "keep", reason)
        if by_shape and provider not in by_shape:
            reason = (
                f"The name is that of a key of {provider.name}, but the value looks like a key of"
                f" {shape_names}."
            )
            return PlannedLine(line, "refuse", reason, provider)
        if by_shape:
            how = "by its name and shape." if provider == by_name else "by its shape."
        else:
            how = "by its name."
            if provider.key_pattern is not None:
                how = "by its name, although its shape is unusual."
        reason = f"A key of {provider.name}, {how}"
        return self._check_importable(line, name, provider, reason, base_urls)

    def _check_importable(
        self, line: Line, name: str, provider: Provider, reason: str, base_urls: BaseUrlIndex
    ) -> PlannedLine:
        """Plan the import of a key, unless it cannot be stored or belongs to another host."""
        assert line.value is not None
        base_url = None
        variable = self._find_base_url(name, provider, base_urls)
        if variable is not None:
            where = f"{variable.name} on line {variable.line.number}"
            if variable.line.error is not None:
                unreadable = f"Its base URL ({where}) cannot be read: {variable.line.error}"
                return PlannedLine(line, "refuse", unreadable, provider)
            base_url = self._provider_base_url(variable.line, provider)
            if base_url is None:
                return PlannedLine(line, "refuse", f"{FOREIGN_HOST} ({where}).", provider)
        if provider.base_url is not None:
            base_url = None
        elif base_url is None:
            return PlannedLine(
                line,
                "keep",
                f"Each account of {provider.name} has its own base URL, such as"
                f" {provider.base_url_example}: add this key manually.",
                provider,
            )
        if provider.auth.scheme == "basic" and provider.auth.username is None:
            return PlannedLine(
                line, "keep", f"{provider.name} needs a user name: add this key manually.", provider
            )
        if not line.quote and _NEEDS_QUOTES.search(line.value.reveal()):
            return PlannedLine(line, "refuse", NEEDS_QUOTES, provider)
        try:
            check_secret(line.value.reveal(), provider.auth)
        except InvalidAuth as error:
            return PlannedLine(line, "refuse", error.reason, provider)
        return PlannedLine(line, "import", reason, provider, base_url)

    def _find_base_url(
        self, name: str, provider: Provider, base_urls: BaseUrlIndex
    ) -> BaseUrlLine | None:
        """Find the base URL of the key in `name`, an unreadable or foreign one first."""
        stems = self._matcher.stems(provider)
        for level in base_url_levels(name, stems, provider.env.base_url):
            variable = base_urls.best(level, provider.slug, partial(self._rank, provider))
            if variable is not None:
                return variable
        return None

    def _rank(self, provider: Provider, variable: BaseUrlLine) -> int | None:
        line = variable.line
        if line.error is not None:
            return 0
        value = line.value.reveal() if line.value is not None else ""
        if not value.strip() or self._matcher.by_shape(value):
            return None
        if self._provider_base_url(line, provider) is None:
            return None if is_same_site(variable.name, value, provider.base_url) else 1
        return 2 if variable.name.upper() in provider.env.base_url else 3

    def _provider_base_url(self, line: Line, provider: Provider) -> str | None:
        """Return the base URL in `line` without the SDK path, or None for a foreign host."""
        assert line.value is not None
        text = line.value.reveal().strip()
        if "://" not in text:
            text = f"https://{text}"
        try:
            base = parse_base_url(text, frozenset(), provider.auth.scheme == "path")
        except InvalidBaseUrl:
            return None
        if _is_parent_domain(base.host, provider):
            return provider.base_url
        owner = self._catalogue.by_host(base.host)
        if owner is None or not (owner.slug == provider.slug or same_family(owner, provider)):
            return None
        return base.url.removesuffix(provider.sdk_path.rstrip("/"))

    def _comment_reason(self, line: Line) -> str:
        if line.kind == "blank":
            return "An empty line."
        text = line.source.reveal()
        return (
            "A comment."
            if self._matcher.redact_keys(text) == text
            else "A comment with what looks like a key: remove it."
        )


def _is_parent_domain(host: str, provider: Provider) -> bool:
    """Return whether a host is above the provider's, as github.com is above api.github.com."""
    provider_host = urlsplit(provider.base_url or "").hostname or ""
    return "." in host and provider_host.endswith(f".{host}")


def _mark_duplicate(
    entry: PlannedLine,
    last_numbers: dict[str | None, int],
    seen: dict[tuple[str, str], int],
    find_apis: FindApis,
) -> PlannedLine:
    """Return `entry`, marked if it duplicates a later line, an earlier line or a stored key."""
    line, provider = entry.line, entry.provider
    if entry.action != "import" or provider is None or line.value is None:
        return entry
    if last_numbers[line.name] != line.number:
        reason = f"{line.name} is set again on line {last_numbers[line.name]}, which counts."
        return msgspec.structs.replace(entry, action="duplicate", reason=reason)
    value = (provider.slug, line.value.reveal())
    if value in seen:
        reason = f"The same value as on line {seen[value]}."
        return msgspec.structs.replace(entry, action="duplicate", reason=reason)
    if provider.slug in find_apis(line.value):
        return msgspec.structs.replace(
            entry, action="duplicate", reason="This key is already stored."
        )
    seen[value] = line.number
    return entry


def _check_pool(entry: PlannedLine, stored: KeysByApi) -> PlannedLine:
    """Name the pool that a key joins. Refuse the key if the pool's calls go to another host."""
    provider = entry.provider
    if entry.action != "import" or provider is None or provider.slug not in stored:
        return entry
    pool = stored[provider.slug]
    host = urlsplit(entry.base_url or provider.base_url or "").hostname
    pool_hosts = sorted({urlsplit(key.base_url).hostname or "" for key in pool})
    if host not in pool_hosts:
        reason = (
            f"The key's host is {host}, but calls of {provider.slug} go to"
            f" {' and '.join(pool_hosts)}: add this key manually under another API name."
        )
        return msgspec.structs.replace(entry, action="refuse", reason=reason)
    keys = "1 key" if len(pool) == 1 else f"{len(pool)} keys"
    reason = f"{entry.reason} It joins the pool of {provider.slug} ({keys})."
    return msgspec.structs.replace(entry, reason=reason)


def to_env_plan(planned: list[PlannedLine]) -> EnvPlan:
    """Return a plan as the API shows it: hints instead of values."""
    return EnvPlan(
        lines=[_to_env_line(entry) for entry in planned],
        keys=sum(entry.action == "import" for entry in planned),
    )


def _to_env_line(entry: PlannedLine) -> EnvLine:
    provider, value = entry.provider, entry.line.value
    base_url = None
    # Nothing of a refused value is shown: it may not be a key at all.
    shown = provider is not None and entry.action in ("import", "duplicate")
    if entry.action == "import" and provider is not None:
        base_url = entry.base_url or provider.base_url
    return EnvLine(
        line=entry.line.number,
        name=entry.line.name,
        action=entry.action,
        reason=entry.reason,
        provider=provider.slug if provider else None,
        api_name=provider.slug if provider else None,
        base_url=base_url,
        hint=hint(value.reveal()) if shown and value else None,
    )
