"""What would become of each line of a `.env` file, and why."""

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
    Address,
    Addresses,
    address_levels,
    is_of_same_site,
)
from api.services.env_files.provider_matching import Recognition, same_family, why_no_key
from api.services.env_files.syntax import Line, parse
from api.services.keys.catalogue import Catalogue, Provider
from api.services.token_codec import PREFIX
from api.storage.keys import StoredKey
from api.upstream.target import InvalidBaseUrl, parse_base_url

FOREIGN_HOST = "It is a key for a host that is not the provider's"
UNKNOWN = "It is not recognised."
SLIPPED_IN = "It holds a space, a quote or a semicolon: put quotes around it if they belong to it."
_SLIPPED_IN = re.compile(r"[\s\"'`;]")

ApisOf = Callable[[Secret], list[str]]
Pools = Mapping[str, Sequence[StoredKey]]


class Finding(msgspec.Struct, frozen=True):
    """What would become of one line. `base_url` is None where the catalogue's is right."""

    line: Line
    action: Literal["import", "keep", "duplicate", "refuse"]
    reason: str
    provider: Provider | None = None
    base_url: str | None = None


class Planner:
    """Judges the lines of files."""

    def __init__(self, catalogue: Catalogue, recognition: Recognition) -> None:
        self._catalogue = catalogue
        self._recognition = recognition

    def findings(self, content: str, apis_of: ApisOf, pools: Pools) -> list[Finding]:
        """A finding per statement; `apis_of` tells in which pools a value is stored already, and
        `pools` are the keys of each API name.

        Raises Problem(invalid_field).
        """
        lines = parse(content)
        addresses = Addresses(lines)
        findings = [self._finding(line, addresses) for line in lines]
        effective = {f.line.name: f.line.number for f in findings if f.action == "import"}
        seen: dict[tuple[str, str], int] = {}
        once = [_once(finding, effective, seen, apis_of) for finding in findings]
        return [_into_pool(finding, pools) for finding in once]

    def _finding(self, line: Line, addresses: Addresses) -> Finding:
        if line.name is not None and self._recognition.by_shape(line.name):
            nameless = msgspec.structs.replace(line, name=None, value=None)
            return Finding(nameless, "refuse", "A key stands where a variable's name should.")
        if line.refusal is not None:
            return Finding(line, "refuse", line.refusal)
        if line.name is None or line.value is None:
            return Finding(line, "keep", self._comment(line))
        value = line.value.reveal()
        no_key = why_no_key(value)
        if no_key is None:
            return self._recognised(line, line.name, value, addresses)
        known = value.startswith(PREFIX) or self._recognition.by_name(line.name) is not None
        return Finding(line, "keep", no_key if known else UNKNOWN)

    def _recognised(self, line: Line, name: str, value: str, addresses: Addresses) -> Finding:
        """Of which provider a value is the key, if of any."""
        candidates = self._recognition.candidates(name, value)
        if not candidates:
            owner = self._recognition.base_url_owner(name)
            return Finding(
                line, "keep", UNKNOWN if owner is None else f"It is a base URL of {owner.name}."
            )
        provider = candidates[0]
        named = self._recognition.by_name(name)
        shapes = self._recognition.by_shape(value)
        shape_names = " or ".join(shape.name for shape in shapes)
        if named is None and len(shapes) > 1:
            reason = f"It may be a key of {shape_names}: name the variable for it."
            return Finding(line, "keep", reason)
        if shapes and provider not in shapes:
            reason = f"Its name speaks of {provider.name}, the shape of its value of {shape_names}."
            return Finding(line, "refuse", reason, provider)
        if shapes:
            how = "by its name and shape." if provider == named else "by its shape."
        else:
            usual = provider.key_pattern is None
            how = "by its name." if usual else "by its name, though it has not the usual shape."
        return self._judged(line, name, provider, f"A key of {provider.name}, {how}", addresses)

    def _judged(
        self, line: Line, name: str, provider: Provider, reason: str, addresses: Addresses
    ) -> Finding:
        """A recognised key, unless it cannot be stored or belongs to another host."""
        assert line.value is not None
        base_url = None
        found = self._address(name, provider, addresses)
        if found is not None:
            where = f"{found.name} on line {found.line.number}"
            if found.line.refusal is not None:
                unread = f"Its base URL ({where}) cannot be read: {found.line.refusal}"
                return Finding(line, "refuse", unread, provider)
            base_url = self._own_base_url(found.line, provider)
            if base_url is None:
                return Finding(line, "refuse", f"{FOREIGN_HOST} ({where}).", provider)
        if provider.base_url is not None:
            base_url = None
        elif base_url is None:
            return Finding(
                line,
                "keep",
                f"{provider.name} has a base URL per account, such as {provider.base_url_example}:"
                " store the key by hand.",
                provider,
            )
        if provider.auth.scheme == "basic" and provider.auth.username is None:
            return Finding(
                line, "keep", f"{provider.name} needs a user name: store it by hand.", provider
            )
        if not line.quote and _SLIPPED_IN.search(line.value.reveal()):
            return Finding(line, "refuse", SLIPPED_IN, provider)
        try:
            check_secret(line.value.reveal(), provider.auth)
        except InvalidAuth as error:
            return Finding(line, "refuse", error.reason, provider)
        return Finding(line, "import", reason, provider, base_url)

    def _address(self, name: str, provider: Provider, addresses: Addresses) -> Address | None:
        """The address that goes with the key in `name`: one that cannot be read or is foreign, if
        there is any.
        """
        stems = self._recognition.stems(provider)
        for level in address_levels(name, stems, provider.env.base_url):
            found = addresses.first(level, provider.slug, partial(self._rank, provider))
            if found is not None:
                return found
        return None

    def _rank(self, provider: Provider, address: Address) -> int | None:
        line = address.line
        if line.refusal is not None:
            return 0
        value = line.value.reveal() if line.value is not None else ""
        if not value.strip() or self._recognition.by_shape(value):
            return None
        if self._own_base_url(line, provider) is None:
            return None if is_of_same_site(address.name, value, provider.base_url) else 1
        return 2 if address.name.upper() in provider.env.base_url else 3

    def _own_base_url(self, line: Line, provider: Provider) -> str | None:
        """The base URL in `line` without an SDK's part, or None when the host is another's."""
        assert line.value is not None
        text = line.value.reveal().strip()
        if "://" not in text:
            text = f"https://{text}"
        try:
            base = parse_base_url(text, frozenset(), provider.auth.scheme == "path")
        except InvalidBaseUrl:
            return None
        if _is_parent(base.host, provider):
            return provider.base_url
        owner = self._catalogue.by_host(base.host)
        if owner is None or not (owner.slug == provider.slug or same_family(owner, provider)):
            return None
        return base.url.removesuffix(provider.sdk_path.rstrip("/"))

    def _comment(self, line: Line) -> str:
        if line.kind == "blank":
            return "An empty line."
        text = line.source.reveal()
        return (
            "A comment."
            if self._recognition.without_keys(text) == text
            else "A comment that holds what looks like a key: remove it."
        )


def _is_parent(host: str, provider: Provider) -> bool:
    """Whether a host is above the provider's, as github.com is above api.github.com."""
    own = urlsplit(provider.base_url or "").hostname or ""
    return "." in host and own.endswith(f".{host}")


def _once(
    finding: Finding,
    effective: dict[str | None, int],
    seen: dict[tuple[str, str], int],
    apis_of: ApisOf,
) -> Finding:
    """`finding`, or that it is a duplicate: of a later line, of an earlier one, of a stored key."""
    line, provider = finding.line, finding.provider
    if finding.action != "import" or provider is None or line.value is None:
        return finding
    if effective[line.name] != line.number:
        reason = f"{line.name} is set again on line {effective[line.name]}, which counts."
        return msgspec.structs.replace(finding, action="duplicate", reason=reason)
    value = (provider.slug, line.value.reveal())
    if value in seen:
        reason = f"The same value as on line {seen[value]}."
        return msgspec.structs.replace(finding, action="duplicate", reason=reason)
    if provider.slug in apis_of(line.value):
        return msgspec.structs.replace(finding, action="duplicate", reason="It is stored already.")
    seen[value] = line.number
    return finding


def _into_pool(finding: Finding, pools: Pools) -> Finding:
    """`finding`, and which pool the key would join; not one whose calls go to another host."""
    provider = finding.provider
    if finding.action != "import" or provider is None or provider.slug not in pools:
        return finding
    pool = pools[provider.slug]
    own = urlsplit(finding.base_url or provider.base_url or "").hostname
    hosts = sorted({urlsplit(key.base_url).hostname or "" for key in pool})
    if own not in hosts:
        reason = (
            f"Its host is {own}, but calls of {provider.slug} go to {' and '.join(hosts)}: "
            "store it by hand under another name."
        )
        return msgspec.structs.replace(finding, action="refuse", reason=reason)
    keys = "1 key" if len(pool) == 1 else f"{len(pool)} keys"
    reason = f"{finding.reason} It joins the pool of {provider.slug} ({keys})."
    return msgspec.structs.replace(finding, reason=reason)


def as_plan(findings: list[Finding]) -> EnvPlan:
    """The findings as they are shown: hints in the place of values."""
    return EnvPlan(
        lines=[_env_line(finding) for finding in findings],
        keys=sum(finding.action == "import" for finding in findings),
    )


def _env_line(finding: Finding) -> EnvLine:
    provider, value = finding.provider, finding.line.value
    base_url = None
    # Of what is refused nothing is repeated: it may not be a key at all.
    shown = provider is not None and finding.action in ("import", "duplicate")
    if finding.action == "import" and provider is not None:
        base_url = finding.base_url or provider.base_url
    return EnvLine(
        line=finding.line.number,
        name=finding.line.name,
        action=finding.action,
        reason=finding.reason,
        provider=provider.slug if provider else None,
        api_name=provider.slug if provider else None,
        base_url=base_url,
        hint=hint(value.reveal()) if shown and value else None,
    )
