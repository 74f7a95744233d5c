"""Write a safe `.env` file: a token and base URLs of the proxy instead of keys."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from api.secret import Secret
from api.services.env_files.base_urls import BaseUrlIndex, Words, base_url_levels, is_same_site
from api.services.env_files.provider_matching import (
    REMOVED,
    ProviderMatcher,
    is_plain_setting,
    non_key_reason,
)
from api.services.env_files.syntax import BYTE_ORDER_MARK, Line, write_value
from api.services.keys.provider import Provider

PLACEHOLDER = "<your token>"

# A shorter value may occur in other text by chance.
_MIN_REDACTED_LENGTH = 8
# No kept text contains a NUL byte: a line with one is invalid and left out.
_BOUNDARY = "\0"


class ExportedApi(msgspec.Struct, frozen=True):
    """An API whose variables are exported.

    `keys` and `base_urls` are its variable names; new lines use the first one.
    `sdk_reads_base_url` is true if an SDK of the provider reads the base URL variable.
    """

    api_name: str
    label: str
    provider: str | None
    keys: tuple[str, ...]
    base_urls: tuple[str, ...]
    url: str
    sdk_reads_base_url: bool


def exported_apis(providers: dict[str, Provider | None], proxy: str) -> list[ExportedApi]:
    """Return the APIs of `providers` (API name to catalogue entry), sorted by name.

    `proxy` is the URL of `/proxy`. The usual variables of a provider belong to the API with the
    provider's slug as name or, without one, to its first API. The variables of other APIs are
    named after the API.
    """
    main_api: dict[str, str] = {}
    for name, provider in sorted(providers.items()):
        if provider is not None and (provider.slug == name or provider.slug not in main_api):
            main_api[provider.slug] = name
    return [
        _exported_api(
            name, provider, provider is not None and main_api[provider.slug] == name, proxy
        )
        for name, provider in sorted(providers.items())
    ]


def _exported_api(
    name: str, provider: Provider | None, usual_names: bool, proxy: str
) -> ExportedApi:
    variable = name.upper().replace("-", "_")
    variable = f"_{variable}" if variable[0].isdigit() else variable
    keys: tuple[str, ...] = (f"{variable}_API_KEY",)
    base_urls: tuple[str, ...] = (f"{variable}_BASE_URL",)
    sdk_reads_base_url = False
    if usual_names and provider is not None:
        keys = tuple(dict.fromkeys(provider.env.key + keys))
        base_urls = tuple(dict.fromkeys(provider.env.base_url + base_urls))
        sdk_reads_base_url = bool(provider.env.base_url)
    return ExportedApi(
        api_name=name,
        label=" ".join(provider.name.split()) if provider else name,
        provider=provider.slug if provider and usual_names else None,
        keys=keys,
        base_urls=base_urls,
        url=f"{proxy}/{name}{provider.sdk_path if provider else ''}",
        sdk_reads_base_url=sdk_reads_base_url,
    )


class EnvWriter:
    """Write a file from the lines of the original.

    `find_apis` returns the API names whose pools contain a value. Without `token`, a placeholder
    is written. A key of an API that is not in `apis` is emptied, because a token must not be sent
    to that key's own host. For the same reason, the base URL of a replaced key becomes the
    proxy's. Any other text that equals a replaced key, or has the shape of a key, is removed.
    """

    def __init__(
        self,
        apis: list[ExportedApi],
        matcher: ProviderMatcher,
        find_apis: Callable[[Secret], list[str]],
        token: str | None,
    ) -> None:
        self._apis = apis
        self._matcher = matcher
        self._find_apis = find_apis
        self._token = PLACEHOLDER if token is None else token
        self._by_name = {api.api_name: api for api in apis}
        self._by_key = {name: api for api in apis for name in api.keys}
        self._by_base_url = {name: api for api in apis for name in api.base_urls}
        self._by_provider = {api.provider: api for api in apis if api.provider is not None}
        self._with_key: set[str] = set()
        self._with_base_url: set[str] = set()
        self._replaced: set[str] = set()
        self._base_url_lines: dict[int, ExportedApi] = {}
        # (text, whether it is from the original): only original text is searched for keys.
        self._parts: list[tuple[str, bool]] = []
        self._line_end = "\n"

    def write(self, lines: list[Line]) -> str:
        """Return the file: `lines` without keys, then the missing variables."""
        if any(line.source.reveal().endswith("\r\n") for line in lines):
            self._line_end = "\r\n"
        self._base_url_lines = self._find_base_url_lines(lines)
        for line in lines:
            api = self._base_url_owner(line)
            if api is not None and (line.name in api.base_urls or not api.sdk_reads_base_url):
                self._with_base_url.add(api.api_name)
        for line in lines:
            self._add(line)
        for api in self._apis:
            self._add_missing(api)
        return self._joined()

    def _add(self, line: Line) -> None:
        if line.kind == "invalid":
            self._write(f"# Line {line.number} is left out. {line.error}{self._line_end}")
            return
        owner = self._base_url_owner(line) or self._base_url_lines.get(line.number)
        if owner is not None:
            self._replace(line, write_value(owner.url, line.quote))
        elif line.name is not None and line.value is not None:
            self._add_variable(line, line.name, line.value)
        else:
            self._copy(line.source.reveal())

    def _find_base_url_lines(self, lines: list[Line]) -> dict[int, ExportedApi]:
        """Find the lines with the base URL of a key that a token replaces."""
        names = [(name, api) for api in self._apis for name in api.keys]
        replaced: set[int] = set()
        for line in lines:
            if line.name is not None and line.value is not None and not self._base_url_owner(line):
                is_key, api = self._key_owner(line.name, line.value)
                if is_key and api is not None:
                    names.append((line.name, api))
                    replaced.add(line.number)
        candidates: list[tuple[int, Words | str, ExportedApi]] = []
        for name, api in names:
            provider = self._matcher.provider(api.provider)
            stems = self._matcher.stems(provider) if provider else []
            levels = base_url_levels(name, stems, api.base_urls)
            candidates += [
                (depth, words, api) for depth, level in enumerate(levels) for words in level
            ]
        most_specific: dict[Words | str, ExportedApi] = {}
        for _, words, api in sorted(candidates, key=lambda candidate: candidate[0]):
            most_specific.setdefault(words, api)
        base_urls = BaseUrlIndex(lines)
        owners: dict[int, ExportedApi] = {}
        for words, api in most_specific.items():
            provider = self._matcher.provider(api.provider)
            provider_url = provider.base_url if provider else None
            for variable in base_urls.get(words):
                line = variable.line
                value = line.value.reveal().strip() if line.value is not None else ""
                if not value or line.number in replaced:
                    continue
                if not is_same_site(variable.name, value, provider_url):
                    owners.setdefault(line.number, api)
        return owners

    def _add_variable(self, line: Line, name: str, value: Secret) -> None:
        is_key, api = self._key_owner(name, value)
        may_be_key = non_key_reason(value.reveal()) is None
        if not is_key or (not may_be_key and api is None):
            self._copy(line.source.reveal())
            return
        if may_be_key:
            self._replaced.update((value.reveal(), line.raw))
        if api is None:
            self._write(f"# {name} is left out: its API is not exported.{self._line_end}")
            self._replace(line, "")
            return
        self._replace(line, write_value(self._token, line.quote))
        self._with_key.add(api.api_name)
        if api.api_name not in self._with_base_url:
            self._end_line()
            self._add_base_url(api, "export " if line.exported else "")

    def _base_url_owner(self, line: Line) -> ExportedApi | None:
        if line.name is None or line.kind != "assignment":
            return None
        exact = self._by_base_url.get(line.name)
        if exact is not None:
            return exact
        provider = self._matcher.base_url_owner(line.name)
        return self._by_provider.get(provider.slug) if provider is not None else None

    def _key_owner(self, name: str, value: Secret) -> tuple[bool, ExportedApi | None]:
        """Return whether a variable is a key, and the exported API that it belongs to."""
        exact = self._by_key.get(name)
        if exact is not None:
            return True, exact
        if is_plain_setting(value.reveal()):
            return False, None
        providers = self._matcher.candidates(name, value.reveal())
        stored = self._find_apis(value)
        owners = [self._by_provider.get(provider.slug) for provider in providers]
        if self._matcher.by_name(name) is None:
            owners += [self._by_name.get(api_name) for api_name in stored]
        owner = next((owner for owner in owners if owner is not None), None)
        return bool(providers or stored), owner

    def _add_missing(self, api: ExportedApi) -> None:
        with_key = api.api_name in self._with_key
        if with_key and api.api_name in self._with_base_url:
            return
        self._end_line()
        if self._parts:
            self._write(self._line_end)
        suffix = "" if api.label == api.api_name else f" ({api.api_name})"
        self._write(f"# {api.label}{suffix}{self._line_end}")
        if not with_key:
            self._write(f"{api.keys[0]}={write_value(self._token)}{self._line_end}")
        if api.api_name not in self._with_base_url:
            self._add_base_url(api, "")

    def _add_base_url(self, api: ExportedApi, export: str) -> None:
        name = api.base_urls[0]
        if not api.sdk_reads_base_url:
            self._write(f"# No SDK reads this variable: pass it as the base URL.{self._line_end}")
        self._write(f"{export}{name}={write_value(api.url)}{self._line_end}")
        self._with_base_url.add(api.api_name)

    def _replace(self, line: Line, text: str) -> None:
        self._copy(line.before)
        self._write(text)
        self._copy(line.after)

    def _copy(self, text: str) -> None:
        self._parts.append((text.removeprefix(BYTE_ORDER_MARK), True))

    def _write(self, text: str) -> None:
        self._parts.append((text, False))

    def _end_line(self) -> None:
        before = next((text for text, _ in reversed(self._parts) if text), "\n")
        if not before.endswith("\n"):
            self._write(self._line_end)

    def _joined(self) -> str:
        kept = _BOUNDARY.join(text for text, original in self._parts if original)
        for value in sorted(self._replaced, key=len, reverse=True):
            if len(value) >= _MIN_REDACTED_LENGTH:
                kept = kept.replace(value, REMOVED)
        redacted = iter(self._matcher.redact_keys(kept).split(_BOUNDARY))
        return "".join(next(redacted) if original else text for text, original in self._parts)
