"""Decide what an import does with each line of a `.env` file, and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from api.credentials import AuthScheme, InvalidAuth, check_secret
from api.schemas.env_files import EnvLine, EnvPlan
from api.secret import Secret, hint
from api.services.env_files.companions import Companion, CompanionIndex, account_base_url
from api.services.env_files.key_base_urls import BaseUrlFinder
from api.services.env_files.key_recognition import NEEDS_QUOTES, KeyRecogniser, Recognition
from api.services.env_files.provider_matching import ProviderMatcher
from api.services.env_files.syntax import Line, parse_env
from api.services.keys.catalogue import Catalogue
from api.services.keys.extra_headers import NewExtraHeader
from api.services.keys.provider import Provider
from api.storage.keys import StoredKey

FOREIGN_HOST = "It is a key for a host that is not the provider's"
_NEEDS_QUOTES = re.compile(r"[\s\"'`;]")

FindApis = Callable[[Secret], list[str]]
KeysByApi = Mapping[str, Sequence[StoredKey]]


class PlannedLine(msgspec.Struct, frozen=True):
    """What an import does with one line. `base_url` is None for the base URL of the catalogue.

    `secrets` are the keys in the line, of an imported line those to store. `username` belongs to
    the `basic` scheme. `companions` are the lines with what else belongs to the key.
    """

    line: Line
    action: Literal["import", "keep", "duplicate", "refuse"]
    reason: str
    provider: Provider | None = None
    base_url: str | None = None
    secrets: tuple[Secret, ...] = ()
    username: str | None = None
    companions: tuple[Companion, ...] = ()
    extra_headers: tuple[NewExtraHeader, ...] = ()

    @property
    def auth(self) -> AuthScheme | None:
        """Return the scheme with the user name of the file, or None for the provider's own."""
        return AuthScheme("basic", username=self.username) if self.username is not None else None


class _Destination(msgspec.Struct, frozen=True):
    """Where a key is used: its base URL (None for the catalogue's) and the line with its host.

    `refusal` says why the key is not imported.
    """

    base_url: str | None = None
    host: Companion | None = None
    refusal: PlannedLine | None = None


class ImportPlanner:
    """Plan the import of `.env` files."""

    def __init__(self, catalogue: Catalogue, matcher: ProviderMatcher) -> None:
        self._catalogue = catalogue
        self._matcher = matcher
        self._recogniser = KeyRecogniser(matcher)

    def plan(self, content: str, find_apis: FindApis, stored: KeysByApi) -> list[PlannedLine]:
        """Plan every statement of a file.

        `find_apis` returns the API names whose pools already contain a value, `stored` has the
        stored keys by API name.

        Raises Problem(invalid_field).
        """
        lines = parse_env(content)
        base_urls = BaseUrlFinder(self._catalogue, self._matcher, lines)
        companions = CompanionIndex(lines)
        planned = [self._plan_line(line, base_urls, companions) for line in lines]
        last_numbers = {
            entry.line.name: entry.line.number for entry in planned if entry.action == "import"
        }
        seen: dict[tuple[str, str], int] = {}
        unique = [_mark_duplicate(entry, last_numbers, seen, find_apis) for entry in planned]
        return _explain_companions([_check_pool(entry, stored) for entry in unique])

    def _plan_line(
        self, line: Line, base_urls: BaseUrlFinder, companions: CompanionIndex
    ) -> PlannedLine:
        if line.name is not None and self._matcher.by_shape(line.name):
            nameless = msgspec.structs.replace(line, name=None, value=None)
            return PlannedLine(nameless, "refuse", "There is a key where a variable name belongs.")
        if line.error is not None:
            return PlannedLine(line, "refuse", line.error)
        if line.name is None or line.value is None:
            return PlannedLine(line, "keep", self._comment_reason(line))
        recognition = self._recogniser.recognise(line.name, line.value.reveal())
        if recognition.action != "import":
            return PlannedLine(line, recognition.action, recognition.reason, recognition.provider)
        return self._check_importable(line, line.name, recognition, base_urls, companions)

    def _check_importable(
        self,
        line: Line,
        name: str,
        recognition: Recognition,
        base_urls: BaseUrlFinder,
        companions: CompanionIndex,
    ) -> PlannedLine:
        """Plan the import of a key, unless it cannot be stored or belongs to another host."""
        provider, found = recognition.provider, recognition.found
        assert provider is not None and found is not None
        main, provider = provider, base_urls.region(name, provider)
        destination = self._destination(line, name, provider, base_urls, companions)
        if destination.refusal is not None:
            return destination.refusal
        host = destination.host
        username = None
        reason = recognition.reason.replace(main.name, provider.name)
        if provider.needs_username:
            username = companions.username(name, provider)
            if username is None or username.problem is not None:
                return PlannedLine(line, "keep", _no_username(provider, username), provider)
            reason += f" Its user name is in {username.where}."
        if host is not None:
            reason += f" Its host is in {host.where}."
        headers = companions.extra_headers(name, provider)
        for header, companion in headers.items():
            reason += f" {header} is in {companion.where}."
        if not line.quote and len(found.keys) == 1 and _NEEDS_QUOTES.search(found.keys[0]):
            return PlannedLine(line, "refuse", NEEDS_QUOTES, provider)
        for key in found.keys:
            try:
                check_secret(key, provider.auth)
            except InvalidAuth as error:
                return PlannedLine(line, "refuse", error.reason, provider)
        return PlannedLine(
            line,
            "import",
            reason,
            provider,
            destination.base_url,
            tuple(Secret(key) for key in found.keys),
            username.value if username is not None else None,
            tuple(
                companion
                for companion in (username, host, *headers.values())
                if companion is not None
            ),
            tuple(NewExtraHeader(header, Secret(c.value)) for header, c in headers.items()),
        )

    def _destination(
        self,
        line: Line,
        name: str,
        provider: Provider,
        base_urls: BaseUrlFinder,
        companions: CompanionIndex,
    ) -> _Destination:
        base_url = None
        variable = base_urls.variable(name, provider)
        if variable is not None:
            where = f"{variable.name} on line {variable.line.number}"
            if variable.line.error is not None:
                unreadable = f"Its base URL ({where}) cannot be read: {variable.line.error}"
                return _Destination(refusal=PlannedLine(line, "refuse", unreadable, provider))
            text = variable.line.value.reveal() if variable.line.value is not None else ""
            base_url = base_urls.base_url(text, provider)
            if base_url is None:
                foreign = f"{FOREIGN_HOST} ({where})."
                return _Destination(refusal=PlannedLine(line, "refuse", foreign, provider))
        host = companions.host(name, provider)
        if base_url is None and host is not None and host.problem is None:
            base_url = base_urls.base_url(host.value, provider)
        elif base_url is None:
            host = None
        base_url = base_url or _base_url_in_key(line, provider)
        if provider.base_url is not None:
            return _Destination()
        if base_url is None:
            reason = _no_base_url(provider)
            return _Destination(refusal=PlannedLine(line, "keep", reason, provider))
        return _Destination(base_url, host)

    def _comment_reason(self, line: Line) -> str:
        if line.kind == "blank":
            return "An empty line."
        return (
            "A comment with what looks like a key: remove it."
            if self._matcher.keys_in(line.source.reveal())
            else "A comment."
        )


def _no_username(provider: Provider, found: Companion | None) -> str:
    if found is not None and found.problem is not None:
        return f"The user name of this key cannot be used ({found.where}). {found.problem}"
    example = f", in a variable such as {provider.env.username[0]}" if provider.env.username else ""
    return f"{provider.name} needs a user name{example}: add this key manually."


def _no_base_url(provider: Provider) -> str:
    names = (*provider.env.host, *provider.env.base_url)
    where = f" The file does not have it, for example in {names[0]}." if names else ""
    return (
        f"Each account of {provider.name} has its own base URL, such as"
        f" {provider.base_url_example}: add this key manually.{where}"
    )


def _base_url_in_key(line: Line, provider: Provider) -> str | None:
    """Return the base URL of the account that a key names, as Mailchimp's keys do."""
    if provider.key_pattern is None or line.value is None:
        return None
    match = re.fullmatch(provider.key_pattern, line.value.reveal().strip())
    account = match.groupdict().get("account") if match is not None else None
    return account_base_url(provider, account) if account is not None else None


def _companion_kind(companion: Companion, entry: PlannedLine) -> str:
    if companion.value in [
        header.secret.reveal() for header in entry.extra_headers if header.secret
    ]:
        return "It is a further secret"
    named = entry.provider.env.username if entry.provider is not None else ()
    is_username = any(companion.name.upper().endswith(name) for name in named)
    return "It is the user name" if is_username else "It is the host"


def _explain_companions(planned: list[PlannedLine]) -> list[PlannedLine]:
    """Say of the lines with a user name or host which key they belong to."""
    owners: dict[int, tuple[int, str]] = {}
    for entry in planned:
        for companion in entry.companions if entry.action in ("import", "duplicate") else ():
            what = _companion_kind(companion, entry)
            owners.setdefault(companion.line.number, (entry.line.number, what))
    return [
        msgspec.structs.replace(entry, reason=f"{owner[1]} of the key on line {owner[0]}.")
        if (owner := owners.get(entry.line.number)) is not None and entry.action == "keep"
        else entry
        for entry in planned
    ]


def _mark_duplicate(
    entry: PlannedLine,
    last_numbers: dict[str | None, int],
    seen: dict[tuple[str, str], int],
    find_apis: FindApis,
) -> PlannedLine:
    """Return `entry` without the keys that an earlier line or the vault has."""
    line, provider = entry.line, entry.provider
    if entry.action != "import" or provider is None:
        return entry
    if last_numbers[line.name] != line.number:
        reason = f"{line.name} is set again on line {last_numbers[line.name]}, which counts."
        return msgspec.structs.replace(entry, action="duplicate", reason=reason)
    new: list[Secret] = []
    reasons: list[str] = []
    for secret in entry.secrets:
        value = (provider.slug, secret.reveal())
        if value in seen:
            reasons.append(f"The same value as on line {seen[value]}.")
        elif provider.slug in find_apis(secret):
            reasons.append("This key is already stored.")
        else:
            seen[value] = line.number
            new.append(secret)
    if not new:
        return msgspec.structs.replace(entry, action="duplicate", reason=reasons[0])
    if reasons:
        known = "1 of them is" if len(reasons) == 1 else f"{len(reasons)} of them are"
        entry = msgspec.structs.replace(
            entry, reason=f"{entry.reason} {known} already known: {len(new)} to import."
        )
    return msgspec.structs.replace(entry, secrets=tuple(new))


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
        keys=sum(len(entry.secrets) for entry in planned if entry.action == "import"),
    )


def _to_env_line(entry: PlannedLine) -> EnvLine:
    provider = entry.provider
    base_url = None
    # Nothing of a refused value is shown: it may not be a key at all.
    shown = entry.secrets if entry.action in ("import", "duplicate") else ()
    if entry.action == "import" and provider is not None:
        base_url = entry.base_url or provider.base_url
    hints = [hint(secret.reveal()) for secret in shown]
    return EnvLine(
        line=entry.line.number,
        name=entry.line.name,
        action=entry.action,
        reason=entry.reason,
        provider=provider.slug if provider else None,
        api_name=provider.slug if provider else None,
        base_url=base_url,
        hint=hints[0] if hints else None,
        hints=hints,
        username=entry.username if entry.action == "import" else None,
    )
